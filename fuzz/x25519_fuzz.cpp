// Whatever the peer sends and says about itself, decrypting must fail or give what was encrypted.

#include <fuzzer/FuzzedDataProvider.h>

#include <netaio/default_peer.hpp>
#include <netaio/packify.hpp>
#include <netaio/x25519_cipher.hpp>

#include "support.hpp"
#include "support/fixed_environment.hpp"

namespace {

using namespace netaio;
using fuzz::require;

constexpr std::uint32_t keys_max = 4;

const X25519Cipher& node(char letter, bool encrypt_uri) {
    const auto make = [](char of, bool hide) {
        return X25519Options{
            .seed = std::string(32, of), .encrypt_uri = hide, .shared_keys_max = keys_max};
    };
    static const X25519Cipher hiding_here(make('h', true));
    static const X25519Cipher here(make('h', false));
    static const X25519Cipher hiding_there(make('t', true));
    static const X25519Cipher there(make('t', false));
    if (letter == 'h') return encrypt_uri ? hiding_here : here;
    return encrypt_uri ? hiding_there : there;
}

Peer hostile_peer(FuzzedDataProvider& input) {
    Peer peer{.id = "peer"};
    if (input.ConsumeBool()) {
        peer.data = input.ConsumeRandomLengthString(200);
    } else {
        const std::string key = input.ConsumeRandomLengthString(40);
        peer.data = pack(Dict{{"pubkey", Bytes(key)}}).value();
    }
    return peer;
}

// The fuzzer may find out a key by watching how keys are compared.
bool is_of(const Peer& peer, const X25519Cipher& node) {
    const auto data = DefaultPeer().parse_data(peer);
    const Value* key = data ? data->find("pubkey") : nullptr;
    return key != nullptr && key->as_bytes() == node.public_key();
}

}  // namespace

// NOLINTNEXTLINE(readability-identifier-naming): the name that libFuzzer calls.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    FuzzedDataProvider input(data, size);
    const bool encrypt_uri = input.ConsumeBool();
    const X25519Cipher& here = node('h', encrypt_uri);
    const X25519Cipher& there = node('t', encrypt_uri);
    const DefaultPeer peer_plugin;
    const Environment environment = test::fixed_environment();
    const Peer here_peer = x25519_peer(std::string(32, 'h'));
    const Peer there_peer = x25519_peer(std::string(32, 't'));
    const Peer hostile = hostile_peer(input);
    PluginContext context{.environment = environment, .peer_plugin = &peer_plugin};

    const std::string uri = input.ConsumeRandomLengthString(100);
    const std::string content = input.ConsumeRandomLengthString(300);
    Body body = Body::make(uri, content).value();
    AuthFields fields;
    context.peer = &there_peer;
    require(!here.encrypt(body, fields, context));
    std::string encrypted = body.encoded().str();

    // The same, changed in one place, or something else altogether.
    const auto at = input.ConsumeIntegralInRange<std::size_t>(0, encrypted.size());
    const bool changed = at < encrypted.size();
    if (changed) encrypted[at] ^= 1;
    if (const auto received = Body::over(encrypted)) {
        Body opened = received->clone();
        context.peer = &here_peer;
        const bool failed = static_cast<bool>(there.decrypt(opened, fields, context));
        require(changed || (!failed && opened.uri() == uri && opened.content() == content));
        require(!changed || failed || opened.content() == content);
        Body refused = received->clone();
        context.peer = &hostile;
        require(there.decrypt(refused, fields, context) || is_of(hostile, here));
    }
    std::string garbage = input.ConsumeRemainingBytesAsString();
    if (auto received = Body::over(garbage)) {
        context.peer = &here_peer;
        require(static_cast<bool>(there.decrypt(*received, fields, context)));
    }
    Body sent = Body::make(uri, content).value();
    context.peer = &hostile;
    if (here.encrypt(sent, fields, context)) {
        require(sent.uri() == uri && sent.content() == content);
    }
    return 0;
}
