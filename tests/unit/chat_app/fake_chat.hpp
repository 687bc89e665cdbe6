#pragma once

#include <algorithm>
#include <map>
#include <set>
#include <stdexcept>

#include "link.hpp"

/// What a person's chat does for those who carry, as far as tests look at it.
namespace netaio::chat_app::test {

class FakeChat {
public:
    explicit FakeChat(const chat::Identity& identity, Environment environment = {})
        : environment_(std::move(environment)),
          identity_(identity),
          prekeys_(identity, now(), *environment_.random) {}

    ChatCalls calls() { return calls_of(*this); }

    std::vector<chat::Parcel> parcels() const { return waiting; }
    std::vector<chat::PublicKey> wants_bundle() const { return wanted; }
    std::error_code bundle_came(const chat::PrekeyBundle& bundle) {
        if (const auto error = bundle.verify(now())) return error;
        std::erase(wanted, bundle.identity);
        bundles.push_back(bundle);
        return {};
    }
    void was_taken(std::uint64_t) {}
    void is_at_relay(std::uint64_t parcel) { at_relay.insert(parcel); }
    std::error_code receive(ByteView envelope) {
        if (disk_full) throw std::runtime_error("the disk is full");
        if (envelope == "senseless") return Errc::malformed;
        const bool is_new = std::ranges::find(received, envelope.str()) == received.end();
        received.push_back(envelope.str());
        return is_new ? std::error_code() : Errc::replayed;
    }
    chat::PrekeyBundle bundle() const { return prekeys_.bundle(); }
    chat::PrekeyBundle bundle_to_hand_out() {
        chat::PrekeyBundle bundle = prekeys_.bundle();
        bundle.one_time_prekey = prekeys_.one_time_prekeys().at(handed_out++);
        return bundle;
    }
    std::vector<chat::OneTimePrekey> prekeys_for_relay(std::size_t left) {
        return prekeys_.replenish(left, *environment_.random);
    }
    std::error_code met(const chat::PublicKey& key, const std::string& name, std::uint64_t at) {
        present[key] = name;
        named_at[key] = at;
        return {};
    }
    void gone(const chat::PublicKey& key) { present.erase(key); }

    void send(const chat::PublicKey& to, std::string envelope) {
        waiting.push_back(
            {waiting.empty() ? 1 : waiting.back().number + 1, to, std::move(envelope)});
    }

    std::vector<chat::Parcel> waiting;
    std::vector<chat::PublicKey> wanted;
    std::vector<chat::PrekeyBundle> bundles;
    std::set<std::uint64_t> at_relay;
    std::vector<std::string> received;
    std::map<chat::PublicKey, std::string> present;
    std::map<chat::PublicKey, std::uint64_t> named_at;
    std::size_t handed_out = 0;
    bool disk_full = false;

private:
    std::uint64_t now() const { return environment_.clock->unix_seconds(); }

    Environment environment_;
    chat::Identity identity_;
    chat::Prekeys prekeys_;
};

}  // namespace netaio::chat_app::test
