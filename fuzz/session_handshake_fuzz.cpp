// Handshakes at both ends, whose messages may be changed, cut or replaced on the way: no answer is
// longer than its question, and an end that agrees has heard just what the other said, and has the
// keys that fit.

#include <fuzzer/FuzzedDataProvider.h>

#include <core/session_handshake.hpp>

#include "support.hpp"
#include "support/fixed_environment.hpp"

namespace {

using namespace netaio;
using namespace netaio::core;
using fuzz::require;

SessionTerms terms_of(char seed) {
    test::CountingRandom random;
    return SessionTerms({.policy = SessionPolicy::offer, .seed = Secret(std::string(32, seed))}, {},
                        true, random);
}

std::string on_the_way(FuzzedDataProvider& input, std::string content) {
    switch (input.ConsumeIntegralInRange(0, 5)) {
        case 0: return input.ConsumeRandomLengthString(200);
        case 1: content.resize(input.ConsumeIntegralInRange<std::size_t>(0, 200)); return content;
        case 2:
            if (!content.empty()) {
                const auto at = input.ConsumeIntegralInRange<std::size_t>(0, content.size() - 1);
                content[at] ^= static_cast<char>(1 << input.ConsumeIntegralInRange(0, 7));
            }
            return content;
        default: return content;
    }
}

void require_fit(noise::Keys& from, noise::Keys& to) {
    std::string text = "text" + std::string(crypto::AeadKey::tag_size, '\0');
    from.sends.seal(0, {}, text);
    require(to.receives.open(0, {}, text) && text.starts_with("text"));
}

}  // namespace

// NOLINTNEXTLINE(readability-identifier-naming): the name that libFuzzer calls.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const SessionTerms client = terms_of('c');
    static const SessionTerms server = terms_of('s');
    FuzzedDataProvider input(data, size);
    test::CountingRandom random;
    const bool known = input.ConsumeBool();
    crypto::SecretKey psk;
    psk.bytes.fill(input.ConsumeBool() ? 'p' : 0);
    SessionAsker asker(client, psk, known ? std::optional(server.own.public_key) : std::nullopt,
                       random);
    SessionAnswerer answerer;
    bool changed = false;
    const auto carried = [&](const std::string& content) {
        std::string arrives = on_the_way(input, content);
        changed = changed || arrives != content;
        return arrives;
    };

    const std::string question = carried(asker.ask());
    auto first = answerer.answer(question, server, psk, random);
    if (first) {
        require(first->content.size() <= question.size());
        require(!first->agreed || (known && !changed));
    }
    const auto third = asker.take(carried(first ? first->content : std::string()));
    require(!third || (first && !changed && third->empty() == known));
    if (third && known) {
        auto agreed = asker.agreed();
        require(first->agreed && agreed.key == server.own.public_key);
        require_fit(agreed.keys, first->agreed->keys);
        require_fit(first->agreed->keys, agreed.keys);
    }
    if (known) {
        return 0;
    }
    const auto last = answerer.answer(carried(third ? *third : std::string()), server, psk, random);
    const bool agrees = last && last->agreed;
    require(!agrees || (third && !changed && last->agreed->key == client.own.public_key));
    // After an error it begins anew, if at all.
    (void)answerer.answer(input.ConsumeRemainingBytesAsString(), server, psk, random);
    return 0;
}
