#include "lan.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <netaio/packify.hpp>
#include <utility>
#include <vector>

#include "relay_protocol.hpp"

namespace netaio::chat_app {
namespace {

constexpr std::string_view whole_word = "whole";

// Which of the people behind a port is meant.
std::string person_meant(const chat::PublicKey& whom) {
    return in_hex(mailbox_of(whom)).substr(0, 16);
}
std::string piece_uris_of(const chat::PublicKey& whom) {
    return "chat/piece/" + person_meant(whom) + "/";
}
std::string prekeys_uri_of(const chat::PublicKey& whom) {
    return "chat/prekeys/" + person_meant(whom);
}

Result<chat::PrekeyBundle> bundle_in(ByteView content) {
    const auto value = unpack_strangers(content);
    return value ? chat::PrekeyBundle::from_value(*value) : value.error();
}

}  // namespace

// A parcel on its way.
struct LanLink::Sending {
    std::string envelope;
    PieceName first;
    chat::PublicKey whom;
    std::string uris;
    Address to;
    Ended ended;  // empty when it has ended
    std::size_t next = 1;
    std::size_t on_the_way = 0;
    unsigned moves = 0;  // to another of their addresses
    bool was_answered = false;

    void end(bool done) {
        if (const Ended told = std::exchange(ended, nullptr)) told(done);
    }
};

LanLink::LanLink(boost::asio::any_io_executor executor, LanNode node,
                 const chat::Identity& identity, ChatCalls chat, LanLinkOptions options)
    : executor_(std::move(executor)),
      node_(std::move(node)),
      own_(identity.public_key()),
      own_piece_uris_(piece_uris_of(own_)),
      own_prekeys_uri_(prekeys_uri_of(own_)),
      chat_(std::move(chat)),
      options_(std::move(options)),
      host_prekeys_(options_.host_prekeys),
      all_prekeys_(options_.all_prekeys) {
    node_.handlers.on(
        create_uri, prefix(own_piece_uris_),
        [this](const Message& message, const Address& from) { return take_piece(message, from); });
    node_.handlers.on({request_uri, own_prekeys_uri_},
                      [this](const Message&, const Address& from) { return hand_out(from); });
    node_.set_peer_callbacks({
        .joined = lifetime_.guard([this](const Peer& peer) { joined(peer); }),
        .changed = lifetime_.guard([this](const Peer& peer) { changed(peer); }),
        .left = lifetime_.guard([this](const Peer& peer) { left(peer); }),
    });
    node_.manage_peers(options_.peers);
}

LanLink::~LanLink() {
    node_.handlers.remove_handler(netaio::Key(create_uri, prefix(own_piece_uris_)));
    node_.handlers.remove_handler(netaio::Key(request_uri, own_prekeys_uri_));
}

void LanLink::joined(const Peer& peer) {
    if (peers_.size() >= options_.people_max) return;
    const auto presence = Presence::parse(peer);
    if (!presence || presence->key == own_) return;
    peers_.insert_or_assign(peer.id, *presence);
    present_[presence->key].peers.insert(peer.id);
    noted([&] { (void)chat_.met(presence->key, presence->name, presence->at); });
    tell_change();
}

void LanLink::changed(const Peer& peer) {
    const auto known = peers_.find(peer.id);
    const auto presence = Presence::parse(peer);
    // Else it has another address, which is looked up when it is needed.
    if (known == peers_.end() || !presence || *presence != known->second) {
        left(peer);
        joined(peer);
    }
}

void LanLink::left(const Peer& peer) {
    const auto known = peers_.find(peer.id);
    if (known == peers_.end()) return;
    const chat::PublicKey key = known->second.key;
    peers_.erase(known);
    const auto there = present_.find(key);
    there->second.peers.erase(peer.id);
    if (!there->second.peers.empty()) return;
    present_.erase(there);
    noted([&] { chat_.gone(key); });
    tell_change();
}

// Each time another one: which of them gets there, only trying tells.
std::optional<Address> LanLink::next_address(const chat::PublicKey& whom) {
    const auto there = present_.find(whom);
    if (there == present_.end()) return std::nullopt;
    std::vector<Address> all;
    for (const std::string& id : there->second.peers) {
        if (const auto peer = node_.peer(id)) {
            all.insert(all.end(), peer->addresses.begin(), peer->addresses.end());
        }
    }
    if (all.empty()) return std::nullopt;
    return all[there->second.turn++ % all.size()];
}

void LanLink::carry(const chat::Parcel& parcel, Ended ended) {
    const auto to = next_address(parcel.to);
    if (!to) return end_later(std::move(ended));
    const auto sending =
        std::make_shared<Sending>(Sending{parcel.envelope, first_piece(parcel.envelope), parcel.to,
                                          piece_uris_of(parcel.to), *to, std::move(ended)});
    send_pieces(sending);
}

void LanLink::send_pieces(const std::shared_ptr<Sending>& sending) {
    while (sending->next <= sending->first.of && sending->on_the_way < options_.pieces_at_once) {
        send_piece(sending, sending->next++, 0);
    }
    // All pieces came, but nobody said that it is whole: whoever had some of them forgot it.
    if (sending->on_the_way == 0) sending->end(false);
}

void LanLink::send_piece(const std::shared_ptr<Sending>& sending, std::size_t number,
                         unsigned attempt) {
    const PieceName name{sending->first.id, number, sending->first.of};
    ++sending->on_the_way;
    node_.requester.create(
        sending->to, sending->uris + name.str(), piece_of(sending->envelope, number),
        attempt_time(attempt),
        lifetime_.guard([this, sending, number, attempt](const boost::system::error_code& error,
                                                         const OwnedMessage& reply) {
            piece_ended(sending, number, attempt, error, reply);
        }));
}

void LanLink::piece_ended(const std::shared_ptr<Sending>& sending, std::size_t number,
                          unsigned attempt, std::error_code error, const OwnedMessage& reply) {
    --sending->on_the_way;
    if (!sending->ended) return;
    sending->was_answered = sending->was_answered || !error;
    if (!error && reply.type() == MessageType::ok) {
        if (reply.content() == whole_word) return sending->end(true);
        send_pieces(sending);
    } else if (error == Errc::timeout && attempt + 1 < options_.attempts) {
        // Not while some of the pieces are there.
        if (!sending->was_answered && attempt == sending->moves) {
            ++sending->moves;
            sending->to = next_address(sending->whom).value_or(sending->to);
        }
        send_piece(sending, number, attempt + 1);
    } else {
        sending->end(false);
    }
}

void LanLink::ask_bundle(const chat::PublicKey& whom, Ended ended) {
    ask_bundle(whom, 0, std::move(ended));
}

void LanLink::ask_bundle(const chat::PublicKey& whom, unsigned attempt, Ended ended) {
    const auto to = next_address(whom);
    if (!to) return end_later(std::move(ended));
    node_.requester.request(
        *to, prekeys_uri_of(whom), attempt_time(attempt),
        lifetime_.guard([this, whom, attempt, ended = std::move(ended)](
                            const boost::system::error_code& error, const OwnedMessage& reply) {
            if (error == Errc::timeout && attempt + 1 < options_.attempts) {
                return ask_bundle(whom, attempt + 1, ended);
            }
            ended(!error && reply.type() == MessageType::respond_uri &&
                  hand_in(chat_, whom, bundle_in(reply.content()), options_.environment.log));
        }));
}

RequestOptions LanLink::attempt_time(unsigned attempt) const {
    return {.timeout = options_.answer_time * (1 << std::min(attempt, 10u))};
}

void LanLink::end_later(Ended ended) {
    boost::asio::post(executor_, lifetime_.guard([ended = std::move(ended)] { ended(false); }));
}

std::string LanLink::take_piece(const Message& message, const Address& from) {
    const auto name = PieceName::parse(message.rest());
    if (!name) throw Refusal::error("this is no piece of an envelope");
    if (pieces_.is_taken(name->id)) return std::string(whole_word);
    const auto envelope = pieces_.add(from.host(), *name, message.content(), now());
    if (!envelope) {
        throw Refusal::error(envelope.error() == Errc::queue_full
                                 ? "too many envelopes at once; try again later"
                                 : "these pieces make no envelope");
    }
    if (!*envelope) return {};
    // What is not for us, or makes no sense, need not come again either.
    if (!noted([&] { (void)chat_.receive(**envelope); })) {
        throw Refusal::error("this cannot be kept now; try again later");
    }
    pieces_.taken(name->id);
    tell_change();
    return std::string(whole_word);
}

std::string LanLink::hand_out(const Address& from) {
    const bool with_one_time =
        host_prekeys_.take(from.host(), 1, now()) && all_prekeys_.take("all", 1, now());
    std::string packed;
    if (!noted([&] {
            const auto bundle = with_one_time ? chat_.bundle_to_hand_out() : chat_.bundle();
            packed = pack(bundle.to_value()).value();
        })) {
        throw Refusal::error("there are no prekeys now; try again later");
    }
    return packed;
}

void LanLink::tell_change() const {
    if (options_.on_change) options_.on_change();
}

}  // namespace netaio::chat_app
