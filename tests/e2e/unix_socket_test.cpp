#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <filesystem>
#include <fstream>

#include "support/net.hpp"
#include "support/temporary_folder.hpp"

namespace netaio {
namespace {

using namespace test;
using boost::asio::local::stream_protocol;

// What the superuser may is no test: goes on as somebody else, to whom the folder then belongs.
class NoSuperuser {
public:
    explicit NoSuperuser(const std::string& folder) {
        if (was_ == 0) {
            EXPECT_EQ(::chown(folder.c_str(), nobody, nobody), 0);
            EXPECT_EQ(::seteuid(nobody), 0);
        }
    }
    ~NoSuperuser() { EXPECT_EQ(::seteuid(was_), 0); }
    NoSuperuser(const NoSuperuser&) = delete;
    NoSuperuser& operator=(const NoSuperuser&) = delete;

private:
    static constexpr uid_t nobody = 65534;
    const uid_t was_ = ::geteuid();
};

// Servers in a folder of their own.
class UnixSocketTest : public ::testing::Test {
protected:
    std::string path() const { return folder + "/x.sock"; }
    std::string place() const { return "unix:" + path(); }
    TcpServerOptions options_at(const std::string& where) {
        TcpServerOptions options = local_options();
        options.interfaces = {where};
        options.environment.log = lines.log();
        return options;
    }
    static void answer_requests(TcpServer& server) {
        server.on(MessageType::request_uri, [](const Message& message, Connection& from) {
            return respond(message.uri(), from.remote().str());
        });
    }
    // What the server answers, and what was thrown instead.
    static std::string ask(const std::string& where) {
        std::string content;
        run([](std::string to, std::string& answer) -> awaitable<void> {
            TcpClient client;
            co_await client.connect(to);
            answer = (co_await client.request("x")).content();
        }(where, content));
        return content;
    }
    // As a server that was killed does.
    void leave_a_dead_socket() const {
        boost::asio::io_context context;
        stream_protocol::acceptor(context, stream_protocol::endpoint(path()));
    }
    struct stat look() const {
        struct stat found{};
        EXPECT_EQ(::lstat(path().c_str(), &found), 0);
        return found;
    }
    std::size_t files() const {
        return static_cast<std::size_t>(
            std::distance(std::filesystem::directory_iterator(folder), {}));
    }

    LogLines lines;
    const TemporaryFolder temporary;
    const std::string folder = temporary.path();
};

TEST_F(UnixSocketTest, CarriesRequestsAndAnswers) {
    TcpServer server(options_at(place()));
    answer_requests(server);
    ASSERT_FALSE(server.start());
    EXPECT_EQ(server.endpoints(), (std::vector<Address>{*Address::parse(place())}));
    EXPECT_TRUE(ask(place()).starts_with(place() + "#")) << ask(place());
    EXPECT_NE(ask(place()), ask(place())) << "connections are to be told apart";
}

TEST_F(UnixSocketTest, TakesNamesWithoutFiles) {
    const std::string where = "unix:@" + folder;
    TcpServer server(options_at(where));
    answer_requests(server);
    if (NETAIO_PORTABLE) {
        EXPECT_EQ(server.start(), Errc::unsupported);
        return;
    }
    ASSERT_FALSE(server.start());
    EXPECT_TRUE(ask(where).starts_with(where));
    EXPECT_EQ(files(), 0u);
    TcpServer second(options_at(where));
    EXPECT_EQ(second.start(), std::errc::address_in_use);
}

TEST_F(UnixSocketTest, ListensBesideTcp) {
    TcpServerOptions options = options_at(place());
    options.endpoints = {*Address::parse("127.0.0.1", 0), *Address::parse("127.0.0.2", 0)};
    TcpServer server(options);
    answer_requests(server);
    ASSERT_FALSE(server.start());
    const auto places = server.endpoints();
    ASSERT_EQ(places.size(), 3u);
    EXPECT_EQ(places[1].port(), places[2].port());
    EXPECT_FALSE(ask(place()).empty());
    RawPeer peer(places[1].port());
    EXPECT_TRUE(peer.send(encoded(request("x"))) && peer.receive());
}

TEST_F(UnixSocketTest, TellsWhoIsThere) {
    TcpServerOptions options = options_at(place());
    options.endpoints = {*Address::parse("127.0.0.1", 0)};
    TcpServer server(options);
    std::optional<Credentials> who;
    Identities identities;
    server.on(MessageType::request_uri, [&](const Message& message, Connection& from) {
        who = from.credentials();
        identities = message.who();
        return respond(message.uri(), "");
    });
    ASSERT_FALSE(server.start());
    ask(place());
    if (NETAIO_PORTABLE) {
        EXPECT_FALSE(who) << "it does not ask";
    } else {
        EXPECT_EQ(who, (Credentials{::getuid(), ::getgid(), ::getpid()}));
        EXPECT_EQ(identities.str(), "uid:" + std::to_string(::getuid()));
    }
    who = Credentials{};
    RawPeer peer(server.endpoints().back().port());
    ASSERT_TRUE(peer.send(encoded(request("x"))) && peer.receive());
    EXPECT_FALSE(who) << "TCP does not say";
    EXPECT_TRUE(identities.empty());
}

TEST_F(UnixSocketTest, IsForItsOwnerUnlessToldOtherwise) {
    {
        TcpServer server(options_at(place()));
        ASSERT_FALSE(server.start());
        EXPECT_EQ(look().st_mode & 07777, 0600u);
        EXPECT_EQ(look().st_uid, ::getuid());
    }
    TcpServerOptions options = options_at(place());
    options.unix_socket = {.mode = 0660, .owner = ::getuid(), .group = ::getgid()};
    TcpServer server(options);
    ASSERT_FALSE(server.start());
    EXPECT_EQ(look().st_mode & 07777, 0660u);
    EXPECT_EQ(look().st_gid, ::getgid());
}

TEST_F(UnixSocketTest, SaysWhenItMayNotGiveTheFileAway) {
    const NoSuperuser somebody(folder);
    TcpServerOptions options = options_at(place());
    options.unix_socket.owner = 0;
    EXPECT_EQ(TcpServer(options).start(), std::errc::operation_not_permitted);
    EXPECT_EQ(files(), 0u);
}

TEST_F(UnixSocketTest, RemovesItsFileWhenItStops) {
    TcpServer server(options_at(place()));
    ASSERT_FALSE(server.start());
    EXPECT_EQ(files(), 1u) << "nothing else is left beside it";
    server.stop(0ms);
    EXPECT_TRUE(eventually([&] { return files() == 0; }));
}

TEST_F(UnixSocketTest, LeavesTheFileToItsParentWhenForked) {
    boost::asio::io_context context;
    std::optional<TcpServer> server(std::in_place, context.get_executor(), options_at(place()));
    ASSERT_FALSE(server->start());
    const pid_t child = ::fork();
    if (child == 0) {
        server.reset();
        ::_exit(0);
    }
    int status = 1;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_EQ(files(), 1u);
    server.reset();
    context.poll();
    EXPECT_EQ(files(), 0u);
}

TEST_F(UnixSocketTest, RemovesItsFileAlsoFromAnotherFolder) {
    const auto before = std::filesystem::current_path();
    std::filesystem::current_path(folder);
    {
        TcpServer server(options_at("unix:x.sock"));
        EXPECT_FALSE(server.start());
        std::filesystem::current_path(before);
    }
    EXPECT_EQ(files(), 0u);
}

TEST_F(UnixSocketTest, ListensAlthoughSomebodyHoldsTheFolder) {
    const int held = ::open(folder.c_str(), O_RDONLY | O_CLOEXEC);
    ASSERT_EQ(::flock(held, LOCK_SH), 0);
    TcpServer server(options_at(place()));
    EXPECT_FALSE(server.start());
    ::close(held);
}

TEST_F(UnixSocketTest, LeavesTheFileOfAnother) {
    auto first = std::make_unique<TcpServer>(options_at(place()));
    ASSERT_FALSE(first->start());
    ASSERT_EQ(::unlink(path().c_str()), 0);
    TcpServer second(options_at(place()));
    answer_requests(second);
    ASSERT_FALSE(second.start());
    first.reset();
    EXPECT_FALSE(ask(place()).empty());
}

TEST_F(UnixSocketTest, ReplacesWhatADeadServerLeft) {
    leave_a_dead_socket();
    ASSERT_TRUE(S_ISSOCK(look().st_mode));
    TcpServer server(options_at(place()));
    answer_requests(server);
    ASSERT_FALSE(server.start());
    EXPECT_FALSE(ask(place()).empty());
    EXPECT_EQ(files(), 1u);
}

TEST_F(UnixSocketTest, RefusesToTakeThePlaceOfALivingServer) {
    TcpServer first(options_at(place()));
    answer_requests(first);
    ASSERT_FALSE(first.start());
    TcpServer second(options_at(place()));
    EXPECT_EQ(second.start(), std::errc::address_in_use);
    EXPECT_TRUE(lines.contains(path() + ": a server listens there already"));
    EXPECT_FALSE(ask(place()).empty());
    EXPECT_EQ(files(), 1u);
}

TEST_F(UnixSocketTest, LetsOneOfManyHaveThePlace) {
    for (int round = 0; round < 20; ++round) {
        leave_a_dead_socket();
        std::vector<std::unique_ptr<TcpServer>> servers;
        for (int i = 0; i < 4; ++i) {
            servers.push_back(std::make_unique<TcpServer>(options_at(place())));
            answer_requests(*servers.back());
        }
        std::atomic<int> listening = 0;
        std::vector<std::thread> threads;
        for (const auto& server : servers) {
            threads.emplace_back([&listening, &server] { listening += server->start() ? 0 : 1; });
        }
        for (auto& thread : threads) {
            thread.join();
        }
        EXPECT_EQ(listening, 1);
        EXPECT_FALSE(ask(place()).empty());
    }
}

TEST_F(UnixSocketTest, LeavesWhatIsNoSocketAlone) {
    std::ofstream(path()) << "precious";
    TcpServer server(options_at(place()));
    EXPECT_EQ(server.start(), std::errc::file_exists);
    EXPECT_TRUE(lines.contains("is no socket"));
    EXPECT_EQ(std::filesystem::file_size(path()), 8u);
    EXPECT_EQ(files(), 1u);
}

TEST_F(UnixSocketTest, SaysWhatIsWrongWithAPlace) {
    EXPECT_EQ(TcpServer(options_at("unix:" + folder + "/none/x")).start(),
              std::errc::no_such_file_or_directory);
    EXPECT_EQ(TcpServer(options_at("unix:" + folder + "/" + std::string(108, 'x'))).start(),
              std::errc::filename_too_long);
    EXPECT_THROW(TcpServer(options_at("pigeon:/x")), std::invalid_argument);
    EXPECT_THROW(TcpServer(options_at("unix:")), std::invalid_argument);
    TcpClient client;
    EXPECT_THROW(client.connect("localhost:80", [](std::error_code, Address) {}),
                 std::invalid_argument);
}

// The first error of an attempt to connect there.
std::error_code cannot_connect(const std::string& where, TcpClientOptions options = {}) {
    std::error_code why;
    run([](std::string to, TcpClientOptions with, std::error_code& error) -> awaitable<void> {
        TcpClient client(std::move(with));
        const auto [failed, server] = co_await client.connect(to, as_result);
        error = failed;
    }(where, std::move(options), why));
    return why;
}

TEST_F(UnixSocketTest, SaysWhyItCannotConnect) {
    EXPECT_EQ(cannot_connect(place()), std::errc::no_such_file_or_directory);
    EXPECT_EQ(cannot_connect("unix:/" + std::string(108, 'x')), std::errc::filename_too_long);
    EXPECT_EQ(cannot_connect("pigeon:/x"), Errc::unsupported);
}

TEST_F(UnixSocketTest, WaitsForAServerWhoseQueueIsFull) {
    boost::asio::io_context context;
    stream_protocol::acceptor full(context, stream_protocol::endpoint(path()));
    full.listen(0);
    std::vector<stream_protocol::socket> waiting;
    for (boost::system::error_code error; !error;) {
        auto& socket = waiting.emplace_back(context);
        socket.open();
        socket.non_blocking(true);
        if (::connect(socket.native_handle(), full.local_endpoint().data(),
                      static_cast<socklen_t>(full.local_endpoint().size())) != 0) {
            error.assign(errno, boost::system::system_category());
        }
    }
    EXPECT_EQ(cannot_connect(place(), {.connect_timeout = 20ms}), Errc::timeout);
}

TEST_F(UnixSocketTest, IsNoPlaceForDatagrams) {
    run([](Address to) -> awaitable<void> {
        UdpNodeOptions options;
        options.port = 0;
        options.interfaces = {"lo"};
        UdpNode node(options);
        co_await node.start();
        EXPECT_EQ(node.send(to, notify("x", "y")), Errc::unsupported);
        EXPECT_EQ(node.subscribe("x", to), Errc::unsupported);
        const auto [error, reply] = co_await node.request(to, "x", {}, as_result);
        EXPECT_EQ(error, Errc::unsupported);
    }(*Address::parse(place())));
}

}  // namespace
}  // namespace netaio
