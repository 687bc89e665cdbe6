#include <netaio/chat/limits.hpp>
#include <utility>

#include "chat_impl.hpp"

namespace netaio::chat {

Chat::Chat(const Identity& identity, std::string name, const std::string& file,
           Environment environment, TalkEvents events, FileOptions files)
    : impl_(std::make_unique<Impl>(identity, std::move(name), file, std::move(environment),
                                   std::move(events), std::move(files))) {}

Chat::~Chat() = default;

const PublicKey& Chat::me() const noexcept {
    return impl_->me();
}

const std::string& Chat::name() const noexcept {
    return impl_->name();
}

std::error_code Chat::met(const PublicKey& key, const std::string& name, std::uint64_t at) {
    return impl_->met(key, name, at);
}

std::error_code Chat::know(const PublicKey& key, const std::string& name) {
    return impl_->know(key, name);
}

void Chat::gone(const PublicKey& key) {
    impl_->gone(key);
}

std::vector<PersonView> Chat::people() const {
    return impl_->people();
}

void Chat::verify(const PublicKey& key, bool verified) {
    impl_->verify(key, verified);
}

void Chat::accept(const PublicKey& key) {
    impl_->accept(key);
}

Result<MessageId> Chat::say(const Place& where, const std::string& text) {
    if (text.size() > text_size_max) {
        return Errc::too_large;
    }
    if (const auto* person = std::get_if<PublicKey>(&where)) {
        return impl_->say(*person, text);
    }
    return impl_->kept([&] {
        impl_->introduce(std::get<RoomId>(where));
        return impl_->rooms().say(std::get<RoomId>(where), text);
    });
}

std::vector<Line> Chat::lines(const Place& where, std::uint64_t before, std::size_t max) const {
    if (const auto* person = std::get_if<PublicKey>(&where)) {
        return impl_->talks().lines(*person, before, max);
    }
    return impl_->rooms().order(std::get<RoomId>(where), before, max);
}

std::vector<Line> Chat::not_shown(const Place& where, std::size_t max) const {
    if (const auto* person = std::get_if<PublicKey>(&where)) {
        const Acquaintance* const known = impl_->known().find(*person);
        return known ? impl_->talks().not_shown(*person, known->unread.after + max)
                     : std::vector<Line>();
    }
    return impl_->rooms().not_shown(std::get<RoomId>(where), max);
}

void Chat::shown(const Place& where, std::uint64_t up_to) {
    if (const auto* person = std::get_if<PublicKey>(&where)) {
        impl_->shown(*person, up_to);
    } else {
        impl_->kept([&] { impl_->rooms().shown(std::get<RoomId>(where), up_to); });
    }
}

bool Chat::tells_read() const noexcept {
    return impl_->tells_read();
}

void Chat::tell_read(bool tells) {
    impl_->tell_read(tells);
}

std::vector<RoomView> Chat::rooms() const {
    return impl_->rooms().views();
}

Result<RoomId> Chat::make_room(const std::string& name) {
    return impl_->kept([&] { return impl_->rooms().make(name); });
}

std::error_code Chat::invite(const RoomId& room, const PublicKey& whom) {
    return impl_->kept([&] {
        const std::error_code error = impl_->introduce(whom);
        return error ? error : impl_->rooms().invite(room, whom);
    });
}

std::error_code Chat::remove(const RoomId& room, const PublicKey& whom) {
    return impl_->kept([&] { return impl_->rooms().remove(room, whom); });
}

std::error_code Chat::rename(const RoomId& room, const std::string& name) {
    return impl_->kept([&] { return impl_->rooms().rename(room, name); });
}

std::error_code Chat::leave(const RoomId& room) {
    return impl_->kept([&] { return impl_->rooms().leave(room); });
}

std::error_code Chat::name_stand_in(const RoomId& room, const std::optional<PublicKey>& whom) {
    return impl_->kept([&] { return impl_->rooms().name_stand_in(room, whom); });
}

Result<FileId> Chat::offer_file(const PublicKey& to, const std::string& path) {
    return impl_->kept([&]() -> Result<FileId> {
        if (const std::error_code error = impl_->introduce(to)) {
            return error;
        }
        return impl_->files().offer(to, path);
    });
}

std::error_code Chat::take_file(std::uint64_t number) {
    return impl_->kept([&] { return impl_->files().take(number); });
}

std::error_code Chat::cancel_file(std::uint64_t number) {
    return impl_->kept([&] { return impl_->files().cancel(number); });
}

std::vector<FileView> Chat::files() const {
    return impl_->files().views();
}

bool Chat::work() {
    return impl_->kept([&] { return impl_->files().work(); });
}

std::vector<Parcel> Chat::parcels() {
    auto parcels = impl_->kept([&] { return impl_->messenger().parcels(); });
    std::erase_if(parcels,
                  [&](const Parcel& parcel) { return impl_->known().is_refused(parcel.to); });
    return parcels;
}

std::vector<PublicKey> Chat::wants_bundle() const {
    auto wanted = impl_->messenger().wants_bundle();
    std::erase_if(wanted, [&](const PublicKey& whom) { return impl_->known().is_refused(whom); });
    return wanted;
}

std::error_code Chat::bundle_came(const PrekeyBundle& bundle) {
    return impl_->kept([&] { return impl_->messenger().bundle_came(bundle); });
}

void Chat::is_at_relay(std::uint64_t parcel) {
    impl_->kept([&] { impl_->messenger().is_at_relay(parcel); });
}

void Chat::was_taken(std::uint64_t parcel) {
    impl_->kept([&] { impl_->messenger().was_taken(parcel); });
}

std::error_code Chat::receive(ByteView envelope) {
    return impl_->kept([&] { return impl_->messenger().receive(envelope); });
}

PrekeyBundle Chat::bundle() const {
    return impl_->messenger().bundle();
}

PrekeyBundle Chat::bundle_to_hand_out() {
    return impl_->kept([&] { return impl_->messenger().bundle_to_hand_out(); });
}

std::vector<OneTimePrekey> Chat::prekeys_for_relay(std::size_t left) {
    return impl_->kept([&] { return impl_->messenger().prekeys_for_relay(left); });
}

bool Chat::tick() {
    return impl_->kept([&] {
        impl_->rooms().tick();
        impl_->files().tick();
        return impl_->messenger().renew_keys();
    });
}

}  // namespace netaio::chat
