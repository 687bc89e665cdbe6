// Shares the files of a folder over UDP. Datagrams may get lost, so a file goes in small pieces,
// each asked for until it has come, sixteen at a time.
//   file_sharer share FOLDER [PORT]       8890 unless given; 0 lets the system pick one
//   file_sharer fetch FILE HOST:PORT      into this folder
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/experimental/promise.hpp>
#include <boost/asio/experimental/use_promise.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <netaio/netaio.hpp>

using namespace netaio;
using namespace std::chrono_literals;
using boost::asio::experimental::use_promise;

constexpr std::size_t piece_size = 1200;  // what fits into one packet of most networks
const auto everybody = hmac_auth({.secret = "test"});

std::ifstream open_shared(const std::filesystem::path& folder, const std::filesystem::path& name) {
    std::ifstream file(folder / name, std::ios::binary);
    if (name != name.filename() || !file) {
        throw Refusal::not_found("there is no such file");
    }
    return file;
}

awaitable<void> share(std::filesystem::path folder, std::uint16_t port) {
    UdpNode node({.port = port, .auth = everybody});
    node.on(request_uri, prefix("size/"), [&](const Message& asked) {
        auto file = open_shared(folder, asked.rest().str());
        return std::to_string(file.seekg(0, std::ios::end).tellg());
    });
    node.on(request_uri, prefix("piece/"), [&](const Message& asked) {
        auto file = open_shared(folder, asked.rest().str());
        std::string piece(piece_size, '\0');
        file.seekg(std::atoll(asked.content().str().c_str()) * std::streamoff(piece_size));
        file.read(piece.data(), std::streamsize(piece_size));
        piece.resize(static_cast<std::size_t>(file.gcount()));
        return piece;
    });
    std::cout << "sharing on port " << co_await node.start() << std::endl;
    co_await until_signal();
}

// Asks until there is an answer.
awaitable<std::string> ask(UdpNode& node, Address sharer, std::string uri, std::string content) {
    for (int attempt = 1;; ++attempt) {
        const auto [error, reply] =
            co_await node.request(sharer, uri, content, {.timeout = 500ms},
                                  boost::asio::as_tuple(boost::asio::use_awaitable));
        if (!error && reply.type() == MessageType::respond_uri) {
            co_return reply.content().str();
        }
        if (!error || error != Errc::timeout || attempt == 10) {
            throw std::runtime_error(error ? error.message() : reply.content().str());
        }
    }
}

awaitable<void> fetch(std::string name, Address sharer) {
    UdpNode node({.port = 0, .auth = everybody});
    co_await node.start();
    const std::size_t size = std::stoull(co_await ask(node, sharer, "size/" + name, ""));
    const std::size_t pieces = (size + piece_size - 1) / piece_size;
    std::ofstream file(std::filesystem::path(name).filename(), std::ios::binary);

    std::size_t next = 0;
    const auto fetch_pieces = [&]() -> awaitable<void> {
        while (next < pieces) {
            const std::size_t number = next++;
            const auto piece = co_await ask(node, sharer, "piece/" + name, std::to_string(number));
            file.seekp(std::streamoff(number * piece_size)) << piece;
        }
    };
    const auto executor = co_await boost::asio::this_coro::executor;
    std::vector<decltype(boost::asio::co_spawn(executor, fetch_pieces(), use_promise))> fetching;
    for (int i = 0; i < 16; ++i) {
        fetching.push_back(boost::asio::co_spawn(executor, fetch_pieces(), use_promise));
    }
    for (auto& one : fetching) {
        co_await std::move(one)(boost::asio::use_awaitable);
    }
    if (!file.flush()) {
        throw std::runtime_error("cannot write " + name);
    }
    std::cout << name << ": " << size << " bytes\n";
}

int main(int argc, char** argv) try {
    const std::string role = argc > 2 ? argv[1] : "";
    if (role == "share") {
        return run(
            share(argv[2], static_cast<std::uint16_t>(argc > 3 ? std::atoi(argv[3]) : 8890)));
    }
    const auto sharer = Address::parse(argc > 3 ? argv[3] : "");
    if (role != "fetch" || !sharer) {
        throw std::invalid_argument("share FOLDER [PORT], or fetch FILE HOST:PORT");
    }
    return run(fetch(argv[2], *sharer));
} catch (const Error& problem) {
    std::cerr << "file_sharer: " << problem.code().message() << '\n';
    return 1;
} catch (const std::exception& problem) {
    std::cerr << "file_sharer: " << problem.what() << '\n';
    return 1;
}
