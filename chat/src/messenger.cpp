#include <netaio/chat/messenger.hpp>

#include "messenger_impl.hpp"

namespace netaio::chat {

Messenger::Messenger(const Identity& identity, Vault& vault, Environment environment,
                     MessengerEvents events)
    : impl_(std::make_unique<Impl>(identity, vault, std::move(environment), std::move(events))) {}

Messenger::~Messenger() = default;

Result<MessageId> Messenger::send(const PublicKey& to, const Content& content) {
    return impl_->change([&] { return impl_->send(to, content); });
}

void Messenger::say_read(const PublicKey& from, const MessageId& id) {
    impl_->change([&] { return impl_->say_read(from, id); });
}

std::vector<Parcel> Messenger::parcels() {
    return impl_->change([&] { return impl_->parcels(); });
}

std::vector<PublicKey> Messenger::wants_bundle() const {
    return impl_->wants_bundle();
}

std::error_code Messenger::bundle_came(const PrekeyBundle& bundle) {
    return impl_->change([&] { return impl_->bundle_came(bundle); });
}

void Messenger::is_at_relay(std::uint64_t parcel) {
    impl_->change([&] { return impl_->is_at_relay(parcel); });
}

void Messenger::was_taken(std::uint64_t parcel) {
    impl_->change([&] { return impl_->was_taken(parcel); });
}

std::error_code Messenger::receive(ByteView envelope) {
    return impl_->change([&] { return impl_->receive(envelope); });
}

PrekeyBundle Messenger::bundle() const {
    return impl_->prekeys().load().bundle();
}

PrekeyBundle Messenger::bundle_to_hand_out() {
    return impl_->change([&] { return impl_->prekeys().hand_out(); });
}

std::vector<OneTimePrekey> Messenger::prekeys_for_relay(std::size_t left) {
    return impl_->change([&] { return impl_->prekeys().for_relay(left); });
}

bool Messenger::renew_keys() {
    return impl_->change([&] { return impl_->prekeys().renew(); });
}

}  // namespace netaio::chat
