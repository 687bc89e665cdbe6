// What a UDP node does for messages in sessions, but for its sockets: notifications, and handshakes
// with whoever asks, those among them who only seem to.
#include <benchmark/benchmark.h>

#include <memory>
#include <netaio/make.hpp>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "core/datagram_node.hpp"
#include "core/session_handler.hpp"

namespace netaio {
namespace {

using core::DatagramNode;
using core::Node;
using core::Outbox;

constexpr std::size_t at_once = 1024;
constexpr std::string_view topic = "topic";
const std::string content(16, 'c');

Address at(std::uint32_t host) {
    return Address(std::array<std::uint8_t, 4>{10, static_cast<std::uint8_t>(host >> 16),
                                               static_cast<std::uint8_t>(host >> 8),
                                               static_cast<std::uint8_t>(host)},
                   8888);
}

// A node with a key of its own.
struct End {
    explicit End(char seed, std::optional<SessionKey> expects = {}, double handshakes = 1e9)
        : node(std::make_shared<Node>(core::Role::node)),
          core(
              with_sessions(seed, expects),
              {.replies_per_second = 1e9,
               .links = {.handshakes_per_second = handshakes, .handshakes_per_host = 1e9}},
              [](auto) {}, [] {}) {}

    std::shared_ptr<Node> with_sessions(char seed, std::optional<SessionKey> expects) {
        SessionOptions options{.policy = SessionPolicy::offer,
                               .seed = Secret(std::string(crypto::key_size, seed))};
        if (expects) {
            options.peer_keys.push_back(*expects);
        }
        node->session = std::make_shared<const core::SessionTerms>(options, Plugins(), false,
                                                                   *node->environment.random);
        core::serve_sessions(*node);
        return node;
    }
    std::vector<std::string> take() {
        std::vector<std::string> datagrams;
        Outbox& box = core.outbox();
        for (const auto& item : box.items) {
            if (!item.whole) {
                datagrams.push_back(box.view(item).str());
            }
        }
        box.clear();
        return datagrams;
    }
    void receive(std::vector<std::string>& datagrams, const Address& from) {
        for (std::string& datagram : datagrams) {
            core.receive(datagram, from);
        }
    }

    std::shared_ptr<Node> node;
    DatagramNode core;
};

// Two that speak to each other.
struct Ends {
    Ends() {
        if (one.core.send(other_at, notify(topic, content), {}, {})) {
            throw std::runtime_error("nothing is sent");
        }
        for (auto sent = one.take(); !sent.empty(); sent = one.take()) {
            other.receive(sent, one_at);
            sent = other.take();
            one.receive(sent, other_at);
        }
        if (one.core.subscribe(topic, other_at)) {
            throw std::runtime_error("nobody subscribes");
        }
    }
    void notify_all() {
        for (std::size_t i = 0; i < at_once; ++i) {
            one.core.notify(topic, Message(MessageType::notify_uri, Body(ByteView(topic), content)),
                            {}, {});
        }
    }

    const Address one_at = at(1);
    const Address other_at = at(2);
    End one{'a'};
    End other{'b'};
};

void DatagramNotify(benchmark::State& state) {
    Ends ends;
    for (auto _ : state) {
        ends.notify_all();
        Outbox& box = ends.one.core.outbox();
        benchmark::DoNotOptimize(box.bytes.data());
        box.clear();
    }
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(at_once));
}

class Counting final : public core::Handler {
public:
    explicit Counting(std::size_t& count) : core::Handler(false), count_(count) {}
    std::optional<OwnedMessage> call(const Message&, core::Source&) const override {
        ++count_;
        return std::nullopt;
    }

private:
    std::size_t& count_;
};

void DatagramNotified(benchmark::State& state) {
    Ends ends;
    std::size_t count = 0;
    ends.other.node->router.add(Key(MessageType::notify_uri, topic),
                                core::route_to(std::make_shared<Counting>(count), {}));
    for (auto _ : state) {
        state.PauseTiming();
        ends.notify_all();
        auto sent = ends.one.take();
        state.ResumeTiming();
        ends.other.receive(sent, ends.one_at);
        ends.other.core.outbox().clear();
    }
    if (count != static_cast<std::size_t>(state.iterations()) * at_once) {
        state.SkipWithError("notifications are lost");
    }
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(at_once));
}

double seconds(const std::function<void()>& work) {
    const auto began = std::chrono::steady_clock::now();
    work();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
}

// What a handshake costs the node that is asked, by one that knows its key or does not.
void DatagramAnswer(benchmark::State& state) {
    const SessionKey key = session_key(Secret(std::string(crypto::key_size, 'b')));
    End answers('b');
    std::uint32_t host = 0;
    for (auto _ : state) {
        const Address from = at(++host);
        const auto asking =
            std::make_unique<End>('a', state.range(0) ? std::optional(key) : std::nullopt);
        if (asking->core.send(at(0), notify(topic, content), {}, {})) {
            state.SkipWithError("nothing is sent");
        }
        double taken = 0;
        for (auto sent = asking->take(); !sent.empty(); sent = asking->take()) {
            std::vector<std::string> answer;
            taken += seconds([&] {
                answers.receive(sent, from);
                answer = answers.take();
            });
            asking->receive(answer, at(0));
        }
        if (asking->core.tallies().sessions.get() != 1) {
            state.SkipWithError("no session begins");
        }
        state.SetIterationTime(taken);
    }
}

// A first question that anybody may have written, where so many come that each is to show first
// that it gets what is sent to it.
void DatagramForged(benchmark::State& state) {
    End asks('a');
    End answers('b', {}, 0.001);
    if (asks.core.send(at(0), notify(topic, content), {}, {})) {
        state.SkipWithError("nothing is sent");
    }
    const std::string question = asks.take().front();
    std::string datagram;
    std::uint32_t host = 0;
    for (auto _ : state) {
        datagram = question;
        answers.core.receive(datagram, at(++host));
        benchmark::DoNotOptimize(answers.core.outbox().bytes.data());
        answers.core.outbox().clear();
    }
    state.SetItemsProcessed(state.iterations());
}

BENCHMARK(DatagramNotify);
BENCHMARK(DatagramNotified);
BENCHMARK(DatagramAnswer)->ArgName("known")->Arg(0)->Arg(1)->UseManualTime();
BENCHMARK(DatagramForged);

}  // namespace
}  // namespace netaio

BENCHMARK_MAIN();
