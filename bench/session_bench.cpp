// What sessions cost: sealed frames, beside HMAC and cipher (crypto_bench), and handshakes, beside
// the four agreements of X25519 that no end of one can do without.
#include <benchmark/benchmark.h>
#include <sodium.h>

#include <memory>
#include <netaio/make.hpp>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "core/session_handshake.hpp"
#include "frames.hpp"

namespace netaio {
namespace {

using core::Session;
using core::SessionAnswerer;
using core::SessionAsker;
using core::SessionTerms;

// Both ends of a session.
struct Ends {
    static crypto::AeadKey key(unsigned char of) {
        crypto::SecretKey bytes;
        bytes.bytes.fill(of);
        return {
            crypto::has_fast_aes() ? crypto::AeadCipher::aes_gcm : crypto::AeadCipher::chacha_poly,
            bytes};
    }

    Session one{{key(1), key(2), {}}, {}};
    Session other{{key(2), key(1), {}}, {}};
};

std::string frame_with_content(const benchmark::State& state) {
    return bench::frame_of(
        publish("bench", std::string(static_cast<std::size_t>(state.range(0)), 'c')));
}

void SessionSeal(benchmark::State& state) {
    const std::string frame = frame_with_content(state);
    Ends ends;
    std::string out;
    for (auto _ : state) {
        out.clear();
        ends.one.seal(frame, {}, out);
        benchmark::DoNotOptimize(out);
    }
    state.SetBytesProcessed(state.iterations() * state.range(0));
}

// A frame can be opened once, so those for the next batch are sealed in between.
void SessionOpen(benchmark::State& state) {
    const std::size_t batch = state.range(0) < 4096 ? 1024 : 64;  // pausing costs something itself
    const std::string frame = frame_with_content(state);
    const FrameLimits limits{.sealed = true};
    Ends ends;
    std::vector<std::string> sealed(batch);
    while (state.KeepRunningBatch(static_cast<std::int64_t>(batch))) {
        state.PauseTiming();
        for (std::string& each : sealed) {
            each.clear();
            ends.one.seal(frame, {}, each);
        }
        state.ResumeTiming();
        for (std::string& each : sealed) {
            const auto opened = ends.other.open(**next_frame(each, MessageTypes(), limits));
            if (!opened || !*opened) {
                state.SkipWithError("a frame does not open");
            }
            benchmark::DoNotOptimize(opened);
        }
    }
    state.SetBytesProcessed(state.iterations() * state.range(0));
}

// A server, and a client that knows its key or does not.
struct Handshakers {
    Handshakers() : server(terms('s')), client(terms('c')) {}

    SessionTerms terms(char seed) {
        return {
            {.seed = Secret(std::string(crypto::key_size, seed))}, {}, true, *environment.random};
    }
    SessionAsker asker(bool knows) {
        return {client,
                {},
                knows ? std::optional(server.own.public_key) : std::nullopt,
                *environment.random};
    }
    std::string answer(SessionAnswerer& answerer, const std::string& question) {
        auto reply = answerer.answer(question, server, {}, *environment.random);
        if (!reply) {
            throw std::runtime_error("a handshake is refused");
        }
        return std::move(reply->content);
    }

    Environment environment;
    SessionTerms server;
    SessionTerms client;
};

// What a server does for a client that knows its key. It may be asked the same again, as it keeps
// nothing of who asks.
void SessionAnswer(benchmark::State& state) {
    Handshakers both;
    const std::string question = both.asker(true).ask();
    for (auto _ : state) {
        SessionAnswerer answerer;
        benchmark::DoNotOptimize(both.answer(answerer, question));
    }
}

// Both ends of a handshake.
void SessionHandshake(benchmark::State& state) {
    const bool knows = state.range(0) != 0;
    Handshakers both;
    for (auto _ : state) {
        SessionAsker asker = both.asker(knows);
        SessionAnswerer answerer;
        const auto third = asker.take(both.answer(answerer, asker.ask()));
        if (third && !third->empty()) {
            both.answer(answerer, *third);
        }
        benchmark::DoNotOptimize(asker.agreed());
    }
}

void BareFourAgreements(benchmark::State& state) {
    unsigned char secret[crypto_scalarmult_SCALARBYTES]{1};
    unsigned char point[crypto_scalarmult_BYTES];
    crypto_scalarmult_base(point, secret);
    for (auto _ : state) {
        for (int i = 0; i < 4; ++i) {
            unsigned char shared[crypto_scalarmult_BYTES];
            benchmark::DoNotOptimize(crypto_scalarmult(shared, secret, point));
        }
    }
}

BENCHMARK(SessionSeal)->Arg(64)->Arg(1024)->Arg(16 * 1024);
BENCHMARK(SessionOpen)->Arg(64)->Arg(1024)->Arg(16 * 1024);
BENCHMARK(SessionAnswer);
BENCHMARK(SessionHandshake)->ArgName("known")->Arg(0)->Arg(1);
BENCHMARK(BareFourAgreements);

}  // namespace
}  // namespace netaio

BENCHMARK_MAIN();
