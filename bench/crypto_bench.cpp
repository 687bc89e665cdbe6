// What the bundled plugins cost, beside the bare cost of the hashes and boxes they cannot do
// without. The Bare benchmarks call OpenSSL, for the reason given in src/crypto/sha256.cpp, and
// libsodium themselves.
#define OPENSSL_SUPPRESS_DEPRECATED

#include <benchmark/benchmark.h>
#include <openssl/sha.h>
#include <sodium.h>

#include <chrono>
#include <ctime>
#include <map>
#include <netaio/default_peer.hpp>
#include <netaio/make.hpp>
#include <netaio/stream_cipher.hpp>
#include <netaio/x25519_cipher.hpp>
#include <string>
#include <vector>

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

// Stands where it is told to, in milliseconds after 2023-11-14.
class BenchClock final : public Clock {
public:
    std::chrono::system_clock::time_point now() const override {
        return std::chrono::system_clock::time_point(std::chrono::seconds(1'700'000'000)) +
               std::chrono::milliseconds(millis);
    }
    std::chrono::steady_clock::time_point steady_now() const override {
        return std::chrono::steady_clock::time_point(std::chrono::milliseconds(millis));
    }

    std::int64_t millis = 0;
};

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

// By a plugin of so many secrets: what the last of them made, or a stranger.
void check_with_several(benchmark::State& state, bool known) {
    HmacOptions several;
    for (int i = 1; i <= state.range(0); ++i) {
        several.secrets.push_back({std::to_string(i), "secret " + std::to_string(i)});
    }
    const HmacAuth plugin(several);
    const HmacAuth sender({.secret = known ? several.secrets.back().secret : Secret("stranger")});
    const Body body = Body::make(uri, std::string(64, 'c')).value();
    AuthFields fields;
    must(sender.make(fields, body.encoded(), context()));
    for (auto _ : state) {
        Verdict verdict;
        PluginContext told = context();
        told.verdict = &verdict;
        if (plugin.check(fields, body.encoded(), told) != known) {
            state.SkipWithError("the wrong verdict");
            break;
        }
    }
}
void HmacCheckLast(benchmark::State& state) {
    check_with_several(state, true);
}
void HmacRefuse(benchmark::State& state) {
    check_with_several(state, false);
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

// The seconds of the processor that checks take, by what they are of, without max_age.
std::map<std::pair<std::int64_t, std::int64_t>, double> check_times;

// HmacCheck of messages as they come, `rate` a second, with max_age and without, which comes first.
// `ratio` is between both; `bytes` are those of memory for each of the messages that are `kept`.
void HmacCheckFresh(benchmark::State& state) {
    const bool fresh = state.range(2) != 0;
    const auto clock = std::make_shared<BenchClock>();
    const auto seen = std::make_shared<SeenMessages>(
        SeenOptions{.ran_before = false, .environment = {.clock = clock}});
    const HmacAuth plugin(
        {.secret = "test", .max_age = fresh ? std::chrono::minutes(2) : never, .seen = seen});
    const Environment simulated{.clock = clock};
    const PluginContext context{.environment = simulated};
    std::vector<OwnedMessage> messages(1024);
    std::int64_t count = 0;
    double seconds = 0;
    while (state.KeepRunningBatch(static_cast<std::int64_t>(messages.size()))) {
        state.PauseTiming();
        for (OwnedMessage& message : messages) {
            clock->millis = count++ * 1000 / state.range(1);
            message = publish(uri, content_of(state));
            must(plugin.make(message.auth(), message.body().encoded(), context));
        }
        state.ResumeTiming();
        const std::clock_t begun = std::clock();
        for (const OwnedMessage& message : messages) {
            if (!plugin.check(message.auth(), message.body().encoded(), context)) {
                state.SkipWithError("a new message was refused");
            }
        }
        seconds += double(std::clock() - begun) / CLOCKS_PER_SEC;
    }
    double& without = check_times[{state.range(0), state.range(1)}];
    if (fresh) {
        state.counters["ratio"] = seconds / double(count) / without;
        state.counters["kept"] = double(seen->size());
        state.counters["bytes"] = double(seen->bytes()) / double(seen->size());
    } else {
        without = seconds / double(count);
    }
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

// One node with itself is as good as two.
const Secret& seed() {
    static const Secret bytes(std::string(32, 's'));
    return bytes;
}

const X25519Cipher& x25519() {
    static const X25519Cipher plugin({.seed = seed()});
    return plugin;
}

PluginContext context_with_peer() {
    static const DefaultPeer peer_plugin;
    static const Peer peer = x25519_peer(seed());
    return {.environment = environment(), .peer = &peer, .peer_plugin = &peer_plugin};
}

// What libsodium works on: a shared key, and a nonce that the plugin has to draw anew each time.
struct BareBox {
    explicit BareBox(const benchmark::State& state)
        : text(static_cast<std::size_t>(state.range(0)), 'c'),
          box(text.size() + crypto_box_MACBYTES) {
        crypto_box_keypair(public_key, secret_key);
        benchmark::DoNotOptimize(crypto_box_beforenm(shared, public_key, secret_key));
    }

    void seal() { crypto_box_easy_afternm(box.data(), text.data(), text.size(), nonce, shared); }
    bool open() {
        return crypto_box_open_easy_afternm(text.data(), box.data(), box.size(), nonce, shared) ==
               0;
    }

    std::vector<unsigned char> text;
    std::vector<unsigned char> box;
    unsigned char public_key[crypto_box_PUBLICKEYBYTES];
    unsigned char secret_key[crypto_box_SECRETKEYBYTES];
    unsigned char shared[crypto_box_BEFORENMBYTES];
    unsigned char nonce[crypto_box_NONCEBYTES]{};
};

void BareBoxSeal(benchmark::State& state) {
    BareBox bare(state);
    for (auto _ : state) {
        bare.seal();
        benchmark::DoNotOptimize(bare.box.data());
    }
    count_bytes(state);
}

void BareBoxOpen(benchmark::State& state) {
    BareBox bare(state);
    bare.seal();
    for (auto _ : state) {
        benchmark::DoNotOptimize(bare.open());
    }
    count_bytes(state);
}

void BareSharedKey(benchmark::State& state) {
    BareBox bare(state);
    for (auto _ : state) {
        benchmark::DoNotOptimize(
            crypto_box_beforenm(bare.shared, bare.public_key, bare.secret_key));
    }
}

void X25519Encrypt(benchmark::State& state) {
    const std::string content = content_of(state);
    for (auto _ : state) {
        OwnedMessage message = publish(uri, content);
        must(x25519().encrypt(message.body(), message.auth(), context_with_peer()));
        benchmark::DoNotOptimize(message);
    }
    count_bytes(state);
}

void X25519Decrypt(benchmark::State& state) {
    OwnedMessage message = publish(uri, content_of(state));
    must(x25519().encrypt(message.body(), message.auth(), context_with_peer()));
    const ByteView encrypted = message.body().encoded();
    std::string buffer(encrypted.size(), '\0');
    for (auto _ : state) {
        encrypted.copy(buffer.data(), buffer.size());
        Body body = Body::over(buffer).value();
        must(x25519().decrypt(body, message.auth(), context_with_peer()));
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
BENCHMARK(HmacCheckFresh)
    ->ArgNames({"size", "rate", "fresh"})
    ->ArgsProduct({{64, 1024}, {100, 10'000, 100'000}, {0, 1}});
BENCHMARK(HmacRefuse)->ArgName("secrets")->Arg(1)->Arg(2)->Arg(8);
BENCHMARK(HmacCheckLast)->ArgName("secrets")->Arg(1)->Arg(2)->Arg(8);
BENCHMARK(BareCipherHashes)->Apply(sizes);
BENCHMARK(CipherEncrypt)->Apply(sizes);
BENCHMARK(CipherDecrypt)->Apply(sizes);
BENCHMARK(BareBothHashes)->Apply(sizes);
BENCHMARK(EncryptAndMake)->Apply(sizes);
BENCHMARK(CheckAndDecrypt)->Apply(sizes);
BENCHMARK(BareBoxSeal)->Apply(sizes);
BENCHMARK(X25519Encrypt)->Apply(sizes);
BENCHMARK(BareBoxOpen)->Apply(sizes);
BENCHMARK(X25519Decrypt)->Apply(sizes);
BENCHMARK(BareSharedKey)->Arg(64);
BENCHMARK(RandomNonce);

}  // namespace
}  // namespace netaio

BENCHMARK_MAIN();
