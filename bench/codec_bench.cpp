// What packify, frames and routing cost; for the whole way of a message through a node, beside the
// bare cost of what it cannot do without.
#include <benchmark/benchmark.h>
#include <isa-l/crc.h>
#include <libdeflate.h>

#include <algorithm>
#include <cstring>
#include <string>

#include "core/dispatcher.hpp"
#include "echo_node.hpp"
#include "frames.hpp"
#include "wire/checksum.hpp"
#include "wire/keyed_hash.hpp"

namespace netaio {
namespace {

using bench::Echo;
using bench::frame_of;
using bench::Somewhere;

constexpr std::string_view uri = "echo";
constexpr std::size_t batch_size = 64 * 1024;
constexpr int route_count = 64;

std::string content_of(const benchmark::State& state) {
    return std::string(static_cast<std::size_t>(state.range(0)), 'c');
}

void count_bytes(benchmark::State& state, std::size_t per_iteration) {
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(per_iteration));
}

// Values.

Value fields() {
    return Dict{{"hmac", Bytes{std::string(32, 'h')}},
                {"iv", Bytes{std::string(16, 'i')}},
                {"nonce", Bytes{std::string(16, 'n')}},
                {"ts", 1'700'000'000}};
}

Value records() {
    List all;
    for (int i = 0; i < 100; ++i) {
        all.items.push_back(Dict{{"id", i}, {"name", "sensor"}, {"value", i * 0.5}});
    }
    return all;
}

void Pack(benchmark::State& state, Value (*make)()) {
    const Value value = make();
    for (auto _ : state) {
        benchmark::DoNotOptimize(pack(value));
    }
    count_bytes(state, pack(value)->size());
}

void Unpack(benchmark::State& state, Value (*make)()) {
    const std::string packed = pack(make()).value();
    for (auto _ : state) {
        benchmark::DoNotOptimize(unpack(packed));
    }
    count_bytes(state, packed.size());
}

// Frames.

// The fields of a protected message as all send them. As lists, which nobody sends, their entries
// are read by the general code.
std::string encoded_fields(bool as_lists) {
    AuthFields fields;
    fields.set("iv", std::string(16, 'i'));
    fields.set("nonce", std::string(16, 'n'));
    fields.set("ts", std::string(4, 't'));
    fields.set("hmac", std::string(32, 'h'));
    std::string encoded;
    static_cast<void>(fields.encode_to(encoded));
    if (as_lists) {
        std::ranges::replace(encoded, '\x4c', '\x4a');
    }
    return encoded;
}

void ParseFields(benchmark::State& state, bool as_lists) {
    const std::string encoded = encoded_fields(as_lists);
    for (auto _ : state) {
        AuthFields fields;
        if (fields.parse(encoded)) {
            state.SkipWithError("the fields are malformed");
            break;
        }
        benchmark::DoNotOptimize(fields);
    }
    count_bytes(state, encoded.size());
}

void EncodeFields(benchmark::State& state) {
    const std::string encoded = encoded_fields(false);
    AuthFields parsed;
    static_cast<void>(parsed.parse(encoded));
    AuthFields fields;
    for (const std::string_view name : {"iv", "nonce", "ts", "hmac"}) {
        fields.set(name, *parsed.bytes(name));
    }
    std::string out;
    for (auto _ : state) {
        out.clear();
        benchmark::DoNotOptimize(fields.encode_to(out));
    }
    count_bytes(state, encoded.size());
}

void NextFrame(benchmark::State& state) {
    std::string buffer = frame_of(request(uri, content_of(state)));
    const MessageTypes types;
    for (auto _ : state) {
        benchmark::DoNotOptimize(next_frame(buffer, types));
    }
    count_bytes(state, buffer.size());
}

void NextFrameAndMessage(benchmark::State& state, std::optional<RequestId> id) {
    std::string buffer = frame_of(request(uri, content_of(state)), id);
    const MessageTypes types;
    for (auto _ : state) {
        const auto frame = next_frame(buffer, types);
        benchmark::DoNotOptimize((*frame)->message());
    }
    count_bytes(state, buffer.size());
}

void EncodeMessage(benchmark::State& state, std::optional<RequestId> id) {
    const OwnedMessage message = request(uri, content_of(state));
    std::string out;
    for (auto _ : state) {
        out.clear();
        benchmark::DoNotOptimize(encode_message(message, out, id));
    }
    count_bytes(state, out.size());
}

void MakeMessage(benchmark::State& state) {
    const std::string content = content_of(state);
    for (auto _ : state) {
        benchmark::DoNotOptimize(request(uri, content));
    }
    count_bytes(state, content.size());
}

// The way through a node.

std::string route_uri(int number) {
    return "route" + std::to_string(number);
}

void fill(core::Router& router) {
    const auto handler = std::make_shared<const Echo>();
    for (int i = 0; i < route_count - 1; ++i) {
        router.add({MessageType::request_uri, route_uri(i)}, {handler, {}});
    }
    router.add({MessageType::request_uri, uri}, {handler, {}});
}

std::uint32_t by_libdeflate(ByteView bytes) noexcept {
    return libdeflate_crc32(0, bytes.data(), bytes.size());
}

std::uint32_t by_isal(ByteView bytes) noexcept {
    return crc32_gzip_refl(0, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
}

template <std::uint32_t (*Function)(ByteView) noexcept>
void Checksum(benchmark::State& state) {
    const std::string content = content_of(state);
    for (auto _ : state) {
        benchmark::DoNotOptimize(Function(content));
    }
    count_bytes(state, content.size());
}

void BareCost(benchmark::State& state) {
    const std::string frame = frame_of(request(uri, content_of(state)));
    const std::size_t body_at = FrameHeader::size + 3;
    const ByteView body = ByteView(frame).substr(body_at);
    std::string out(frame.size(), '\0');
    for (auto _ : state) {
        benchmark::DoNotOptimize(wire::crc32(body));
        std::memcpy(out.data(), frame.data(), frame.size());
        benchmark::DoNotOptimize(wire::crc32(std::string_view(out).substr(body_at)));
    }
    count_bytes(state, frame.size());
}

void ReceiveAndReply(benchmark::State& state, std::optional<RequestId> id) {
    std::string buffer = frame_of(request(uri, content_of(state)), id);
    core::Node node(core::Role::server);
    core::Tallies tallies;
    core::Dispatcher dispatcher(node, tallies);
    Somewhere somewhere;
    fill(node.router);
    std::string out;
    for (auto _ : state) {
        const auto frame = next_frame(buffer, node.types);
        benchmark::DoNotOptimize(dispatcher.receive(**frame, somewhere, out));
        if (out.size() > batch_size) {
            out.clear();
        }
    }
    if (tallies.frames_out.get() != static_cast<std::uint64_t>(state.iterations())) {
        state.SkipWithError("not every frame was answered");
    }
    count_bytes(state, buffer.size());
}

void RouteLookup(benchmark::State& state, MessageType type, std::string_view wanted, bool there) {
    core::Router router;
    fill(router);
    router.add(MessageType::publish_uri, {std::make_shared<const Echo>(), {}});
    core::RouteReader reader(router);
    const Somewhere somewhere;
    bool found = there;
    for (auto _ : state) {
        std::shared_ptr<const core::Route> taken;
        const KeyList keys{KeyView{type, wanted, &somewhere.remote()}, KeyView{type, wanted},
                           KeyView{type}};
        found = reader.find(keys, taken) != nullptr;
        benchmark::DoNotOptimize(found);
    }
    if (found != there) {
        state.SkipWithError("the lookup found the wrong thing");
    }
}

// Among ten thousand prefixes of a few lengths, of which one fits.
void PrefixLookup(benchmark::State& state) {
    static core::Router router;
    static const bool filled = [] {
        const auto handler = std::make_shared<const Echo>();
        for (int i = 0; i < 10000; ++i) {
            router.add({MessageType::request_uri, prefix("room/" + std::to_string(i) + "/")},
                       {handler, {}});
        }
        return true;
    }();
    core::RouteReader reader(router);
    const Somewhere somewhere;
    bool found = filled;
    for (auto _ : state) {
        std::shared_ptr<const core::Route> taken;
        found = reader.find(MessageType::request_uri, "room/4711/lamp", somewhere.remote(),
                            taken) != nullptr;
        benchmark::DoNotOptimize(found);
    }
    if (!found) {
        state.SkipWithError("the lookup found nothing");
    }
}

// What a table costs whose keys nobody outside can make collide, beside one where they can.
template <class Hash>
void HashKey(benchmark::State& state) {
    const std::string key(static_cast<std::size_t>(state.range(0)), 'k');
    for (auto _ : state) {
        benchmark::DoNotOptimize(Hash{}(std::string_view(key)));
    }
}

void sizes(benchmark::internal::Benchmark* benchmark) {
    benchmark->Arg(64)->Arg(1024)->Arg(16 * 1024);
}

void checksum_sizes(benchmark::internal::Benchmark* benchmark) {
    benchmark->Arg(64)->Arg(128)->Arg(192)->Arg(256)->Arg(384)->Arg(1024)->Arg(16 * 1024);
}

BENCHMARK_CAPTURE(Pack, fields, fields);
BENCHMARK_CAPTURE(Unpack, fields, fields);
BENCHMARK_CAPTURE(Pack, records, records);
BENCHMARK_CAPTURE(Unpack, records, records);
BENCHMARK_CAPTURE(ParseFields, usual, false);
BENCHMARK_CAPTURE(ParseFields, general, true);
BENCHMARK(EncodeFields);
BENCHMARK(NextFrame)->Arg(64);
BENCHMARK_CAPTURE(NextFrameAndMessage, no_id, std::nullopt)->Apply(sizes);
BENCHMARK_CAPTURE(NextFrameAndMessage, with_id, 7)->Arg(64);
BENCHMARK(MakeMessage)->Apply(sizes);
BENCHMARK_CAPTURE(EncodeMessage, no_id, std::nullopt)->Apply(sizes);
BENCHMARK_CAPTURE(EncodeMessage, with_id, 7)->Arg(64);
BENCHMARK(Checksum<wire::crc32>)->Apply(checksum_sizes);
BENCHMARK(Checksum<by_libdeflate>)->Apply(checksum_sizes);
BENCHMARK(Checksum<by_isal>)->Apply(checksum_sizes);
BENCHMARK(BareCost)->Apply(sizes);
BENCHMARK_CAPTURE(ReceiveAndReply, no_id, std::nullopt)->Apply(sizes);
BENCHMARK_CAPTURE(ReceiveAndReply, with_id, 7)->Arg(64);
BENCHMARK_CAPTURE(RouteLookup, by_uri, MessageType::request_uri, "route40", true);
BENCHMARK_CAPTURE(RouteLookup, by_type, MessageType::publish_uri, "route40", true);
BENCHMARK(PrefixLookup);
BENCHMARK(HashKey<wire::KeyedHash>)->Arg(16)->Arg(64);
BENCHMARK(HashKey<std::hash<std::string_view>>)->Arg(16)->Arg(64);
BENCHMARK_CAPTURE(RouteLookup, none, MessageType::request_uri, "nowhere", false);

}  // namespace
}  // namespace netaio

BENCHMARK_MAIN();
