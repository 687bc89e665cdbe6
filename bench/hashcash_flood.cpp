// What those who pay still get while strangers flood a node: `hashcash_flood run` with
// `flood=N` unpaid datagrams and `paying=N` paid requests a second, `bits=N`, `work_us=N` that a
// request takes the node's handler, `seconds=N`, `rounds=N`. With and without the plugin by turns.
#include <sys/prctl.h>
#include <sys/wait.h>
#include <netaio/hashcash_auth.hpp>
#include <netaio/make.hpp>
#include <netaio/run.hpp>
#include <netaio/udp_node.hpp>

#include <thread>

#include "arguments.hpp"
#include "crypto/leading_zeros.hpp"
#include "plugins/hashcash_stamp.hpp"
#include "protocols.hpp"
#include "raw_udp_server.hpp"

namespace netaio::bench {
namespace {

constexpr std::string_view realm = "flood";
constexpr double in_time = 0.010;

struct Load {
    double seconds;
    std::size_t flood;
    std::size_t paying;
    unsigned bits;
    std::chrono::microseconds work;
    int rounds;
};

// A process of its own, ended with this object.
class Child {
public:
    template <class Work>
    explicit Child(Work&& work) : pid_(must(fork(), "fork")) {
        if (pid_ == 0) {
            prctl(PR_SET_PDEATHSIG, SIGKILL);
            work();
            _exit(0);
        }
    }
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;
    ~Child() {
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
    }

private:
    pid_t pid_;
};

void serve_node(std::uint16_t port, const Load& load, bool asks) {
    UdpNodeOptions options;
    options.port = port;
    options.interfaces = {"127.0.0.1"};
    options.ipv6 = false;
    if (asks) {
        options.auth = hashcash_auth(
            {.realm = std::string(realm),
             .bits = load.bits,
             .seen = std::make_shared<SeenMessages>(SeenOptions{.ran_before = false})});
    }
    UdpNode node(options);
    node.on(MessageType::request_uri, [&](const Message&) {
        const auto end = std::chrono::steady_clock::now() + load.work;
        while (std::chrono::steady_clock::now() < end) {
        }
        return "done";
    });
    node.run();
}

void flood(std::uint16_t port, std::size_t a_second) {
    const auto [socket, own] = bind_udp_loopback();
    const sockaddr_in to = loopback(port);
    must(connect(socket.get(), reinterpret_cast<const sockaddr*>(&to), sizeof to), "connect");
    const std::string frame = frame_of(request("flood", std::string(32, 'f')));
    DatagramBatch batch;
    for (std::size_t i = 0; i < DatagramBatch::count; ++i) {
        batch.put(i, frame);
    }
    const double began = monotonic_seconds();
    for (std::size_t sent = 0;;) {
        const double due = (monotonic_seconds() - began) * static_cast<double>(a_second);
        if (static_cast<double>(sent) >= due) {
            std::this_thread::sleep_for(std::chrono::microseconds(100));
            continue;
        }
        batch.send(socket.get(), DatagramBatch::count);
        sent += DatagramBatch::count;
    }
}

// A request with its stamp.
std::string paid(std::uint32_t number, unsigned bits) {
    OwnedMessage message = request("paid", "");
    Environment environment;
    plugins::StampNonce nonce;
    environment.random->fill(nonce);
    auto stamp =
        plugins::unpaid_stamp(plugins::ShortDigest(realm), environment.clock->unix_seconds(), nonce,
                              message.body().encoded());
    for (std::uint32_t counter = 0;
         crypto::leading_zero_bits(crypto::sha256(plugins::view(stamp)).view()) < bits;) {
        wire::put_u32(stamp.data() + plugins::StampLayout::size - 4, ++counter);
    }
    message.auth().set("hc", plugins::view(stamp));
    std::string frame;
    if (encode_message(message, frame, number)) {
        throw std::runtime_error("a request cannot be encoded");
    }
    return frame;
}

// The part of the paid requests that was answered in time.
double served(std::uint16_t port, const Load& load) {
    const auto count = static_cast<std::size_t>(load.seconds * static_cast<double>(load.paying));
    std::vector<std::string> frames;
    for (std::uint32_t i = 0; i < count; ++i) {
        frames.push_back(paid(i, load.bits));
    }
    const auto [socket, own] = bind_udp_loopback();
    const sockaddr_in to = loopback(port);
    must(connect(socket.get(), reinterpret_cast<const sockaddr*>(&to), sizeof to), "connect");
    const timeval patience{0, 200'000};
    must(setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience), "RCVTIMEO");
    std::vector<std::atomic<double>> sent_at(count);
    std::size_t answered = 0;
    const double began = monotonic_seconds();
    std::thread receiver([&, fd = socket.get()] {
        const MessageTypes types;
        std::array<char, 4096> buffer;
        while (monotonic_seconds() < began + load.seconds + 0.3) {
            const ssize_t size = recv(fd, buffer.data(), buffer.size(), 0);
            if (size <= 0) {
                continue;
            }
            const double now = monotonic_seconds();
            const auto answer =
                decode_message(std::string(buffer.data(), static_cast<std::size_t>(size)), types);
            if (answer && answer->type() == MessageType::respond_uri && answer->request_id() &&
                now - sent_at[*answer->request_id()] <= in_time) {
                ++answered;
            }
        }
    });
    for (std::size_t i = 0; i < count; ++i) {
        const double due = began + static_cast<double>(i) / static_cast<double>(load.paying);
        while (monotonic_seconds() < due) {
            std::this_thread::sleep_for(std::chrono::microseconds(50));
        }
        sent_at[i] = monotonic_seconds();
        (void)::send(socket.get(), frames[i].data(), frames[i].size(), 0);
    }
    receiver.join();
    return static_cast<double>(answered) / static_cast<double>(count);
}

double measure(const Load& load, bool asks) {
    const std::uint16_t port = bind_udp_loopback().second;
    const Child node([&] { serve_node(port, load, asks); });
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    const Child flooding([&] { flood(port, load.flood); });
    return served(port, load);
}

void run(const Arguments& arguments) {
    const Load load{.seconds = arguments.seconds("seconds", 3),
                    .flood = arguments.number("flood", 200'000),
                    .paying = arguments.number("paying", 1'000),
                    .bits = static_cast<unsigned>(arguments.number("bits", 10)),
                    .work = std::chrono::microseconds(arguments.number("work_us", 20)),
                    .rounds = static_cast<int>(arguments.number("rounds", 3))};
    for (int i = 0; i < load.rounds; ++i) {
        const double with = measure(load, true);
        const double without = measure(load, false);
        std::printf("{\"in_time_with\": %.4f, \"in_time_without\": %.4f}\n", with, without);
        std::fflush(stdout);
    }
}

}  // namespace
}  // namespace netaio::bench

int main(int argc, char** argv) {
    return netaio::bench::run_program(argc, argv, netaio::bench::run);
}
