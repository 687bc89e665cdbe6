#include <netaio/frame.hpp>

#include "callback.hpp"
#include "datagram_held.hpp"
#include "datagram_origin.hpp"
#include "outgoing.hpp"
#include "unsealed.hpp"

/// What a node says and hears in sessions (protocol.md §16).
namespace netaio::core {
namespace {

// How long what is not a request waits for a session, or for what its path carries.
constexpr std::chrono::seconds wanted_for(10);

}  // namespace

Links::Found DatagramNode::way_to(const Address& to, bool wanted) {
    return links_ && !to.is_named() ? links_->way_to(to, wanted) : Links::Found();
}

// Who is looked for need not be spoken to in a session first.
Links::Found DatagramNode::way_of_discovery(const Address& to) const {
    auto way = links_ ? links_->way_now(to) : Links::Found();
    return way.way == Way::sealed ? way : Links::Found();
}

// Whether this node is the one that begins with somebody who was just found.
bool DatagramNode::wants_session(const Peer& peer) const {
    return node_->local_peer && node_->local_peer->id < peer.id && node_->peer_plugin &&
           hints_at_sessions(peer, *node_->peer_plugin);
}

Outbox& DatagramNode::outbox() {
    if (links_) {
        links_->seal_all();
    }
    return outbox_;
}

void DatagramNode::receive_sealed(const Frame& sealed, const Address& from, std::size_t size) {
    auto opened = links_->open(sealed, from);
    if (!opened) {
        return;
    }
    // Whatever address a late one came from.
    const Sender sender{opened->link->at, size, opened->link};
    bool first = true;
    Origin origin(*this, sender);
    while (!opened->frames.empty()) {
        const auto frame = DatagramSession::next_frame(opened->frames);
        if (!frame || !*frame) {
            tallies_.rejected_malformed.add(frame ? 0 : 1);
            break;
        }
        const auto type = (*frame)->header.type;
        if (type == sealed_frame) {
            const auto& body = (*frame)->body;
            links_->take_own(opened->link, std::string_view(body.data(), body.size()), from,
                             first && opened->frames.empty() ? std::optional(size) : std::nullopt);
        } else if (!node_->types.contains(type) ||
                   (draining_ && !requests_of({sender.at, Way::sealed}))) {
            tallies_.unhandled.add();
        } else {
            settle(dispatcher_.receive(**frame, origin, outbox_.bytes), sender);
        }
        first = false;
        if (!opened->link->current) {
            break;  // a handler ended the session, perhaps the node with it
        }
    }
    tidy_requests({sender.at, Way::sealed});
}

std::error_code DatagramNode::send_in_session(const Target& target,
                                              const std::shared_ptr<Link>& link,
                                              const Message& message, const Plugins& inner,
                                              const Plugins& outer, std::optional<Ids> request) {
    Packing packing{frame_memory_};
    Recipient to(target.peer.get(), target.as ? &*target.as : &link->vouched, &target.to);
    to.sealed = true;
    const auto id = request ? std::optional(RequestTable::on_wire(request->now)) : std::nullopt;
    std::unique_ptr<Unsealed> waits;
    const auto error = dispatcher_.send(message.own(), inner, within_session(outer), to,
                                        packing.frame, id, mailbox_ ? &waits : nullptr);
    if (waits) {
        const auto refused =
            hold({.unsealed = std::move(waits),
                  .to = {target.to},
                  .link = link,
                  .asked = request ? std::optional(request->asked) : std::nullopt});
        return refused ? refused : error;
    }
    return error ? error : pack(link, packing.frame, id);
}

// Has a frame sealed with others that go there.
std::error_code DatagramNode::pack(const std::shared_ptr<Link>& link, ByteView frame,
                                   std::optional<RequestId> request) {
    if (!link->current) {
        const auto way = links_->way_to(link->at, true);
        return way.link != link ? make_error_code(Errc::no_session)
               : link->current  ? pack(link, frame, request)
                                : pack_later(link, frame, request);
    }
    if (frame.size() > links_->frame_max(*link)) {
        if (Links::may_grow(*link) && frame.size() <= bounds_.links.path_size_max) {
            return pack_later(link, frame, request);
        }
        const std::size_t size = DatagramSession::overhead + DatagramSession::size_of(frame.size());
        node_->log(LogLevel::warning,
                   "not sent: sealed it is a datagram of " + std::to_string(size) +
                       " bytes, and the path carries " + std::to_string(link->path.proven()) +
                       " whole (UdpNodeOptions::fragments sends it all the same)",
                   link->at);
        tallies_.frames_out.sub();
        tallies_.send_failures.add();
        return Errc::too_large;
    }
    if (outbox_full()) {
        tallies_.frames_out.sub();
        tallies_.dropped_newest.add();
        return Errc::queue_full;
    }
    links_->pack(link, frame, request);
    return {};
}

std::error_code DatagramNode::pack_later(const std::shared_ptr<Link>& link, ByteView frame,
                                         std::optional<RequestId> request) {
    return hold_for(
        *link, frame.size(), now() + wanted_for, request ? Asks::yes : Asks::no,
        [this, there = std::weak_ptr(link), kept = frame.str(), request](std::error_code why) {
            if (const auto held = there.lock()) {
                packed_late(held, kept, request, why);
            }
        });
}

void DatagramNode::packed_late(const std::shared_ptr<Link>& link, ByteView frame,
                               std::optional<RequestId> request, std::error_code why) {
    const Place place{link->at, Way::sealed};
    if (request && !(requests_of(place) && requests_of(place)->has(*request))) {
        return;  // it has ended
    }
    tallies_.send_failures.add(why ? 1 : 0);
    if (!why) {
        why = pack(link, frame, request);
    }
    if (!why) {
        return;
    }
    RequestTable* const table = request ? requests_of(place) : nullptr;
    if (auto completion = table ? table->forget_unsent(*request) : RequestTable::Completion()) {
        tidy_requests(place);
        end(completion, why, node_->environment.log);
    } else {
        node_->log(LogLevel::warning, "a message was not sent: " + why.message(), link->at);
    }
}

// Something that goes on when it is known how to speak to somebody, or what the path carries.
std::error_code DatagramNode::hold_for(Link& link, std::size_t size, RequestTable::TimePoint until,
                                       Asks asks, UniqueFunction<void(std::error_code)> go_on) {
    const std::size_t unsaid = asks == Asks::no ? 1 : 0;
    auto goes_on = [this, unsaid, go_on = std::move(go_on)](std::error_code why) mutable {
        unsaid_ -= unsaid;
        go_on(why);
    };
    if (!links_->wait(link, {std::move(goes_on), until, size + Unsealed::overhead})) {
        tallies_.dropped_newest.add();
        return Errc::queue_full;
    }
    unsaid_ += unsaid;
    return {};
}

std::error_code DatagramNode::send_later(const Target& target, Link& link, const Message& message,
                                         const Plugins& inner, const Plugins& outer,
                                         std::optional<std::size_t> free_size) {
    return hold_for(
        link, message.uri().size() + message.content().size(), now() + wanted_for, Asks::no,
        [this, target, waiting = message.own(), inner, outer, free_size](std::error_code why) {
            tallies_.send_failures.add(why ? 1 : 0);
            if (!why) {
                why = send_to(target, links_->way_now(target.to), waiting, inner, outer, {},
                              free_size);
            }
            if (why && why != Errc::pending) {
                node_->log(LogLevel::warning, "a message was not sent: " + why.message(),
                           target.to);
            }
        });
}

void DatagramNode::request_decided(const Address& to, RequestTable::Id id, const Message& message,
                                   std::error_code why) {
    const Place undecided{to, Way::undecided};
    RequestTable* const table = requests_of(undecided);
    auto request = table ? table->take_out(id) : std::nullopt;
    tidy_requests(undecided);
    if (!request) {
        return;  // it has ended
    }
    const auto way = links_->way_now(to);
    if (!why) {
        const RequestTable::Id first = request->retry ? request->retry->first : id;
        why = send_to({to, node_->peer_at(to)}, way, message, request->inner, *dispatcher_.outer(),
                      Ids{first, id});
    }
    if (why && why != Errc::pending) {
        end(request->completion, why, node_->environment.log);
        return;
    }
    request->unsent = why == Errc::pending;
    keep_request({to, way.way}, message.uri(), std::move(*request));
}

// Says it to those in sessions, or with whom that is not known, and leaves the others.
void DatagramNode::send_in_sessions(std::vector<Target>& targets, const Message& message,
                                    const Plugins& inner, const Plugins& outer,
                                    std::error_code& first) {
    if (targets.size() > 1) {
        links_->tell_once(targets);
    }
    const Plugins within = within_session(outer);
    const bool once = !is_peer_specific(inner) && !is_peer_specific(within);
    Packing packing{frame_memory_};
    bool made = false;
    std::erase_if(targets, [&](const Target& target) {
        const auto way = way_to(target.to, false);
        std::error_code error;
        if (way.way == Way::clear) {
            return false;
        }
        if (way.way != Way::sealed || !once) {
            error = send_to(target, way, message, inner, outer, {}, 0);
        } else {
            if (!std::exchange(made, true)) {
                const auto size = encode_for_all(*node_, message, inner, within, packing.frame);
                error = size ? std::error_code() : size.error();
            }
            if (!error && !packing.frame.empty()) {
                tallies_.frames_out.add();
                error = pack(way.link, packing.frame, std::nullopt);
            } else if (error && error == Errc::pending) {
                error = send_to(target, way, message, inner, outer);
            }
        }
        if (error && error != Errc::pending) {
            first = first ? first : error;
        }
        return true;
    });
}

Result<RequestTable::Id> DatagramNode::ask(const Address& to, const Question& question,
                                           RequestTable::Completion completion) {
    auto message = OwnedMessage::make(MessageType::request_uri, session_uri, question.content);
    if (!message) {
        return message.error();
    }
    if (!question.wanted && !may_send(to, FrameHeader::size + question.content.size())) {
        return Errc::queue_full;
    }
    return request_by({}, to, *message, {}, question.timeout, std::move(completion),
                      MessageType::respond_uri, &question);
}

const Identities* DatagramNode::noted_at(const Address& at) const {
    const Vouched* const vouched = vouched_.empty() ? nullptr : vouched_.find(at);
    return vouched && !vouched->outer.empty() ? &vouched->outer : nullptr;
}

void DatagramNode::withdraw(const Address& to, RequestTable::Id id) {
    if (RequestTable* const table = requests_of({to})) {
        if (table->forget(id)) {
            --in_flight_;
            take_out(id);
            tidy_requests({to});
        }
    }
}

void DatagramNode::send_sealed(Link& link, const Address& to, ByteView frames, bool whole,
                               std::span<const RequestId> requests) {
    const std::size_t at = outbox_.bytes.size();
    link.current->seal(frames, outbox_.bytes);
    const std::uint32_t checksum =
        FrameHeader::read(std::span(outbox_.bytes).subspan(at).first<FrameHeader::size>()).checksum;
    const auto error = add(at, to, false, whole);
    for (const RequestId id : requests) {
        RequestTable* const table = requests_of({link.at, Way::sealed});
        if (table && !error) {
            table->set_unsent(id, false, checksum);
        } else if (auto completion =
                       table ? table->forget_unsent(id) : RequestTable::Completion()) {
            end(completion, error, node_->environment.log);
        }
    }
}

void DatagramNode::began(const std::shared_ptr<Link>& link) {
    if (std::exchange(link->tells_peer, false)) {
        (void)introduce(link->at);
    }
    // Whoever was not in one before perhaps started anew.
    if (!link->before && hurry_to(link->at)) {
        wake_();
    }
}

void DatagramNode::moved(const Address& from, const Address& to) {
    vacated(to);
    subscriptions_.rename(from, to);
    std::vector<decltype(requests_)::node_type> ended;
    for (const Way way : {Way::sealed, Way::undecided}) {
        ended.push_back(requests_.extract({to, way}));
        if (auto entry = requests_.extract({from, way})) {
            entry.key().at = to;
            requests_.insert(std::move(entry));
        }
    }
    rename_subscriptions_there(from, to);
    if (const auto peer = node_->peers.find(from)) {
        node_->peers.hear(*peer, to, now());
        node_->peers.remove_address(from);
    }
    for (auto& table : ended) {
        if (table) {
            table.mapped().end_all(Errc::closed, node_->environment.log);
        }
    }
}

void DatagramNode::replaced(const Address& at) {
    vacated(at);
    if (auto table = requests_.extract({at, Way::sealed})) {
        table.mapped().end_all(Errc::closed, node_->environment.log);
    }
    if (hurry_to(at)) {
        wake_();
    }
}

void DatagramNode::secrets_changed() {
    if (links_) {
        links_->end_with_other_secrets();
    }
}

void DatagramNode::answer_sessions() {
    if (links_) {
        links_->answer_all();
    }
}

void DatagramNode::end_sessions() noexcept {
    if (links_) {
        links_->end_all(Errc::cancelled);
    }
}

}  // namespace netaio::core
