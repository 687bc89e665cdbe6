// What the bundled plugins cost, beside the bare cost of the hashes they cannot do without.
// The Bare benchmarks call OpenSSL themselves, for the reason given in src/crypto/sha256.cpp.
#define OPENSSL_SUPPRESS_DEPRECATED

#include <benchmark/benchmark.h>
#include <openssl/sha.h>

#include <netaio/make.hpp>
#include <netaio/stream_cipher.hpp>
#include <string>

namespace netaio {
namespace {

constexpr std::string_view uri = "bench";
constexpr std::size_t pad_size = 136;
constexpr std::size_t digests_size = 96;  // of the three that a one-time key is derived from

const HmacAuth& auth() {
    static const HmacAuth plugin({.secret = "test"});
    return plugin;
}

const Sha256StreamCipher& cipher() {
    static const Sha256StreamCipher plugin({.key = "test"});
    return plugin;
}

const Environment& environment() {
    static const Environment real;
    return real;
}

PluginContext context() {
    return {.environment = environment()};
}

std::string content_of(const benchmark::State& state) {
    return std::string(static_cast<std::size_t>(state.range(0)), 'c');
}

std::size_t encoded_size(const benchmark::State& state) {
    return 2 + uri.size() + static_cast<std::size_t>(state.range(0));
}

void must(std::error_code error) {
    if (error) {
        throw std::system_error(error);
    }
}

void count_bytes(benchmark::State& state) {
    state.SetBytesProcessed(state.iterations() * state.range(0));
}

void bare_hash(const std::string& bytes, std::size_t size) {
    unsigned char digest[SHA256_DIGEST_LENGTH];
    SHA256_CTX hash;
    SHA256_Init(&hash);
    SHA256_Update(&hash, bytes.data(), size);
    SHA256_Final(digest, &hash);
    benchmark::DoNotOptimize(digest);
}

void bare_derivation(const std::string& bytes) {
    bare_hash(bytes, 16);
    bare_hash(bytes, digests_size);
}

void bare_hmac(const std::string& bytes, std::size_t body_size) {
    bare_derivation(bytes);
    bare_hash(bytes, pad_size + 4 + body_size);
    bare_hash(bytes, pad_size + SHA256_DIGEST_LENGTH);
}

void bare_keystream(const std::string& bytes, std::size_t size) {
    bare_derivation(bytes);
    for (std::size_t at = 0; at < size; at += SHA256_DIGEST_LENGTH) {
        bare_hash(bytes, SHA256_DIGEST_LENGTH + 4);
    }
}

void BareHmacHashes(benchmark::State& state) {
    const std::string bytes(encoded_size(state) + 2 * pad_size, 'b');
    for (auto _ : state) {
        bare_hmac(bytes, encoded_size(state));
    }
    count_bytes(state);
}

void BareCipherHashes(benchmark::State& state) {
    const std::string bytes(pad_size, 'b');
    for (auto _ : state) {
        bare_keystream(bytes, encoded_size(state));
    }
    count_bytes(state);
}

void BareBothHashes(benchmark::State& state) {
    const std::string bytes(encoded_size(state) + 2 * pad_size, 'b');
    for (auto _ : state) {
        bare_keystream(bytes, encoded_size(state));
        bare_hmac(bytes, 2 + encoded_size(state));
    }
    count_bytes(state);
}

void HmacMake(benchmark::State& state) {
    const Body body = Body::make(uri, content_of(state)).value();
    for (auto _ : state) {
        AuthFields fields;
        must(auth().make(fields, body.encoded(), context()));
        benchmark::DoNotOptimize(fields);
    }
    count_bytes(state);
}

void HmacCheck(benchmark::State& state) {
    const Body body = Body::make(uri, content_of(state)).value();
    AuthFields fields;
    must(auth().make(fields, body.encoded(), context()));
    for (auto _ : state) {
        if (!auth().check(fields, body.encoded(), context())) {
            state.SkipWithError("the tag does not match");
            break;
        }
    }
    count_bytes(state);
}

void CipherEncrypt(benchmark::State& state) {
    const std::string content = content_of(state);
    for (auto _ : state) {
        OwnedMessage message = publish(uri, content);
        must(cipher().encrypt(message.body(), message.auth(), context()));
        benchmark::DoNotOptimize(message);
    }
    count_bytes(state);
}

// Decrypting changes the bytes but not their number, so that they serve again.
void CipherDecrypt(benchmark::State& state) {
    OwnedMessage message = publish(uri, content_of(state));
    must(cipher().encrypt(message.body(), message.auth(), context()));
    std::string buffer = message.body().encoded().str();
    for (auto _ : state) {
        Body body = Body::over(buffer).value();
        must(cipher().decrypt(body, message.auth(), context()));
        benchmark::DoNotOptimize(body);
    }
    count_bytes(state);
}

void EncryptAndMake(benchmark::State& state) {
    const std::string content = content_of(state);
    for (auto _ : state) {
        OwnedMessage message = publish(uri, content);
        must(cipher().encrypt(message.body(), message.auth(), context()));
        must(auth().make(message.auth(), message.body().encoded(), context()));
        benchmark::DoNotOptimize(message);
    }
    count_bytes(state);
}

void CheckAndDecrypt(benchmark::State& state) {
    OwnedMessage message = publish(uri, content_of(state));
    must(cipher().encrypt(message.body(), message.auth(), context()));
    must(auth().make(message.auth(), message.body().encoded(), context()));
    std::string buffer = message.body().encoded().str();
    for (auto _ : state) {
        Body body = Body::over(buffer).value();
        benchmark::DoNotOptimize(auth().check(message.auth(), body.encoded(), context()));
        must(cipher().decrypt(body, message.auth(), context()));
        benchmark::DoNotOptimize(body);
    }
    count_bytes(state);
}

void RandomNonce(benchmark::State& state) {
    char nonce[16];
    for (auto _ : state) {
        environment().random->fill(nonce);
        benchmark::DoNotOptimize(nonce);
    }
}

void sizes(benchmark::internal::Benchmark* benchmark) {
    benchmark->Arg(64)->Arg(1024)->Arg(16 * 1024);
}

BENCHMARK(BareHmacHashes)->Apply(sizes);
BENCHMARK(HmacMake)->Apply(sizes);
BENCHMARK(HmacCheck)->Apply(sizes);
BENCHMARK(BareCipherHashes)->Apply(sizes);
BENCHMARK(CipherEncrypt)->Apply(sizes);
BENCHMARK(CipherDecrypt)->Apply(sizes);
BENCHMARK(BareBothHashes)->Apply(sizes);
BENCHMARK(EncryptAndMake)->Apply(sizes);
BENCHMARK(CheckAndDecrypt)->Apply(sizes);
BENCHMARK(RandomNonce);

}  // namespace
}  // namespace netaio

BENCHMARK_MAIN();
