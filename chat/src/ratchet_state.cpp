#include <netaio/chat/ratchet.hpp>

#include "secret_bytes.hpp"

namespace netaio::chat {
namespace {

constexpr std::uint8_t state_version = 1;

// How far a session has come.
enum class Stage : std::uint8_t {
    answering,  // no message came yet
    began,      // no answer came yet
    both_ways,
};

}  // namespace

Secret Ratchet::save() const {
    const Stage stage = state_.receiving ? Stage::both_ways
                        : state_.sending ? Stage::began
                                         : Stage::answering;
    SecretWriter writer;
    writer.add_number(state_version).add_number(static_cast<std::uint8_t>(stage));
    writer.add(state_.root.reveal()).add(state_.own.secret().reveal());
    writer.add_number(state_.previous);
    if (state_.theirs) {
        writer.add(state_.theirs->bytes());
    }
    for (const auto& chain : {&state_.sending, &state_.receiving}) {
        if (*chain) {
            writer.add((*chain)->key.reveal()).add_number((*chain)->next);
        }
    }
    writer.add_number(static_cast<std::uint8_t>(past_.size()));
    for (const AgreementKey& dh : past_) {
        writer.add(dh.bytes());
    }
    writer.add_number(static_cast<std::uint16_t>(skipped_.size()));
    for (const auto& [dh, number, key] : skipped_) {
        writer.add(dh.bytes()).add_number(number).add(key.reveal());
    }
    return writer.bytes();
}

Result<Ratchet::State> Ratchet::read_state(SecretReader& reader) {
    const auto version = reader.take_number<std::uint8_t>();
    const auto stage = static_cast<Stage>(reader.take_number<std::uint8_t>());
    const auto root = SecretKey::parse(reader.take(key_size));
    const auto own = SecretKey::parse(reader.take(key_size));
    const auto previous = reader.take_number<std::uint32_t>();
    if (version != state_version || stage > Stage::both_ways || reader.failed()) {
        return Errc::malformed;
    }
    State state{.root = *root, .own = AgreementKeys(*own), .previous = previous};
    if (stage == Stage::answering) {
        return state;
    }
    const auto theirs = AgreementKey::parse(reader.take(key_size));
    if (!theirs) {
        return theirs.error();
    }
    state.theirs = *theirs;
    for (const auto chain : {&state.sending, &state.receiving}) {
        if (chain == &state.receiving && stage == Stage::began) {
            break;
        }
        const auto key = SecretKey::parse(reader.take(key_size));
        const auto next = reader.take_number<std::uint32_t>();
        if (reader.failed()) {
            return Errc::malformed;
        }
        *chain = Chain{*key, next};
    }
    return state;
}

bool Ratchet::read_kept(SecretReader& reader) {
    const std::size_t past_count = reader.take_number<std::uint8_t>();
    if (past_count > past_chains_max) {
        return false;
    }
    for (std::size_t count = 0; count < past_count; ++count) {
        const auto dh = AgreementKey::parse(reader.take(key_size));
        if (!dh) {
            return false;
        }
        past_.push_back(*dh);
    }
    const std::size_t skipped_count = reader.take_number<std::uint16_t>();
    if (skipped_count > skipped_max) {
        return false;
    }
    for (std::size_t count = 0; count < skipped_count; ++count) {
        const auto dh = AgreementKey::parse(reader.take(key_size));
        const auto number = reader.take_number<std::uint32_t>();
        const auto key = SecretKey::parse(reader.take(key_size));
        if (!dh || !key) {
            return false;
        }
        skipped_.push_back({*dh, number, *key});
    }
    return reader.is_done();
}

Result<Ratchet> Ratchet::load(ByteView saved) {
    SecretReader reader(saved);
    auto state = read_state(reader);
    if (!state) {
        return state.error();
    }
    Ratchet loaded(std::move(*state));
    if (!loaded.read_kept(reader)) {
        return Errc::malformed;
    }
    return loaded;
}

}  // namespace netaio::chat
