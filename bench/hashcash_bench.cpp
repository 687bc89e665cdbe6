// What stamps cost who pays for them and who checks them, beside the bare hashes. The Bare
// benchmarks call OpenSSL themselves, for the reason given in src/crypto/sha256.cpp.
#define OPENSSL_SUPPRESS_DEPRECATED

#include <benchmark/benchmark.h>
#include <openssl/sha.h>

#include <atomic>
#include <netaio/hashcash_auth.hpp>
#include <netaio/never.hpp>
#include <semaphore>
#include <thread>
#include <vector>

#include "crypto/leading_zeros.hpp"
#include "plugins/hashcash_stamp.hpp"

namespace netaio {
namespace {

constexpr unsigned bits = 18;
constexpr double attempts = 1 << bits;

const Environment& environment() {
    static const Environment real;
    return real;
}

void bare_hash(char* stamp, std::uint32_t counter) {
    wire::put_u32(stamp + plugins::StampLayout::size - 4, counter);
    unsigned char digest[SHA256_DIGEST_LENGTH];
    SHA256_CTX hash;
    SHA256_Init(&hash);
    SHA256_Update(&hash, stamp, plugins::StampLayout::size);
    SHA256_Final(digest, &hash);
    benchmark::DoNotOptimize(digest);
}

// Hashes a second of bare loops on so many threads at once.
double bare_rate(int threads) {
    std::atomic<bool> stop{false};
    std::atomic<std::uint64_t> hashes{0};
    std::vector<std::thread> all;
    const auto begin = std::chrono::steady_clock::now();
    for (int i = 0; i < threads; ++i) {
        all.emplace_back([&] {
            plugins::Stamp stamp{};
            std::uint32_t counter = 0;
            while (!stop) {
                for (int j = 0; j < 1000; ++j) bare_hash(stamp.data(), counter++);
                hashes += 1000;
            }
        });
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(500));
    stop = true;
    for (std::thread& thread : all) thread.join();
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    return static_cast<double>(hashes) / took.count();
}

void BareStampHash(benchmark::State& state) {
    plugins::Stamp stamp{};
    std::uint32_t counter = 0;
    for (auto _ : state) bare_hash(stamp.data(), counter++);
    state.SetItemsProcessed(state.iterations());
}

// A search that finds nothing.
void SearchedHash(benchmark::State& state) {
    constexpr std::uint32_t part = 1 << 14;
    const plugins::Stamp stamp{};
    for (auto _ : state) {
        benchmark::DoNotOptimize(crypto::find_leading_zeros(
            {plugins::view(stamp).substr(0, stamp.size() - 4)}, 250, part));
    }
    state.SetItemsProcessed(state.iterations() * part);
}

// Messages that each wait for a stamp, 32 at once, as many threads as the argument says; `of_bare`
// is how many stamps there were beside those that the same threads would find in bare loops.
void PayStamps(benchmark::State& state) {
    constexpr int at_once = 32;
    const HashcashAuth plugin({.realm = "bench",
                               .pay = bits,
                               .threads = static_cast<unsigned>(state.range(0)),
                               .time_limit = never});
    const std::string body(64, 'b');
    const double bare = bare_rate(static_cast<int>(state.range(0))) / attempts;
    const auto begin = std::chrono::steady_clock::now();
    for (auto _ : state) {
        std::counting_semaphore<> done(0);
        std::vector<std::shared_ptr<PluginWork>> works(at_once);
        for (auto& work : works) {
            AuthFields fields;
            benchmark::DoNotOptimize(
                plugin.make(fields, body, {.environment = environment(), .work = &work}));
            work->start([&] { done.release(); });
        }
        for (int i = 0; i < at_once; ++i) done.acquire();
    }
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    const auto stamps = static_cast<double>(state.iterations() * at_once);
    state.counters["stamps"] = benchmark::Counter(stamps / took.count());
    state.counters["of_bare"] = benchmark::Counter(stamps / took.count() / bare);
}

HashcashAuth receiver(unsigned price) {
    return HashcashAuth({.realm = "bench",
                         .bits = price,
                         .seen = std::make_shared<SeenMessages>(SeenOptions{.ran_before = false})});
}

std::string body_of(const benchmark::State& state) {
    return std::string(static_cast<std::size_t>(state.range(0)), 'b');
}

// Paid with at least one bit.
AuthFields paid(ByteView body) {
    plugins::StampNonce nonce;
    environment().random->fill(nonce);
    plugins::Stamp stamp = plugins::unpaid_stamp(plugins::ShortDigest("bench"),
                                                 environment().clock->unix_seconds(), nonce, body);
    const std::size_t counted = stamp.size() - 4;
    const auto counter =
        crypto::find_leading_zeros({plugins::view(stamp).substr(0, counted)}, 1, 1000);
    wire::put_u32(stamp.data() + counted, counter.value_or(0));
    AuthFields fields;
    fields.set("hc", plugins::view(stamp));
    return fields;
}

constexpr std::size_t stamps_max = 200'000;

void CheckPaid(benchmark::State& state) {
    const HashcashAuth plugin = receiver(1);
    const std::string body = body_of(state);
    std::vector<AuthFields> stamps;
    for (std::size_t i = 0; i < stamps_max; ++i) stamps.push_back(paid(body));
    std::size_t next = 0;
    for (auto _ : state) {
        if (!plugin.check(stamps[next++], body, {.environment = environment()})) {
            state.SkipWithError("a stamp is refused");
            break;
        }
    }
    state.SetItemsProcessed(state.iterations());
}

void check_again(benchmark::State& state, unsigned price, const AuthFields& fields,
                 bool seen_before) {
    const HashcashAuth plugin = receiver(price);
    const std::string body = body_of(state);
    const PluginContext context{.environment = environment()};
    if (seen_before) benchmark::DoNotOptimize(plugin.check(fields, body, context));
    for (auto _ : state) {
        if (plugin.check(fields, body, context)) {
            state.SkipWithError("what is to be refused passes");
            break;
        }
    }
    state.SetItemsProcessed(state.iterations());
}

void RefuseNoStamp(benchmark::State& state) {
    check_again(state, 20, {}, false);
}
void RefuseUnpaid(benchmark::State& state) {
    check_again(state, 60, paid(body_of(state)), false);
}
void RefuseReplayed(benchmark::State& state) {
    check_again(state, 1, paid(body_of(state)), true);
}
void RefuseOtherBody(benchmark::State& state) {
    check_again(state, 1, paid("another"), false);
}

BENCHMARK(BareStampHash);
BENCHMARK(SearchedHash);
BENCHMARK(PayStamps)->Arg(1)->Arg(2)->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK(CheckPaid)->Arg(64)->Arg(1024)->Iterations(stamps_max);
BENCHMARK(RefuseNoStamp)->Arg(64);
BENCHMARK(RefuseUnpaid)->Arg(64)->Arg(16 * 1024);
BENCHMARK(RefuseReplayed)->Arg(64)->Arg(16 * 1024);
BENCHMARK(RefuseOtherBody)->Arg(64)->Arg(1024)->Arg(16 * 1024);

}  // namespace
}  // namespace netaio

BENCHMARK_MAIN();
