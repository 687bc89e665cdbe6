#include <algorithm>
#include <stdexcept>

#include "cancelling.hpp"
#include "client_kept.hpp"
#include "core/callback.hpp"
#include "core/waiting.hpp"
#include "node_of.hpp"

namespace netaio {
TcpClient::Impl::Impl(boost::asio::any_io_executor executor, TcpClientOptions options)
    : options_(std::move(options)),
      executor_(std::move(executor)),
      node_(net::node_of(core::Role::client, options_)),
      peer_manager_(*node_, [this](const OwnedMessage& message, const Plugins& inner) {
          // Plugins, which are users' code, may end the client.
          for (const Address& server : servers()) {
              if (const auto to = stream(server)) {
                  to->push(message.own(), inner);
              }
          }
      }) {
    node_->peers.set_observer(
        [this](core::PeerEvent event, const Peer& peer) { node_->tell_of_peer(event, peer); });
}

TcpClient::Impl::Link* TcpClient::Impl::find(const std::optional<Address>& server) {
    const auto& wanted = server ? server : default_server_;
    const auto found = wanted ? links_.find(*wanted) : links_.end();
    return found == links_.end() || !found->second.stream ? nullptr : &found->second;
}

const TcpClient::Impl::Link* TcpClient::Impl::find(const std::optional<Address>& server) const {
    return const_cast<Impl*>(this)->find(server);
}

TcpClient::Impl::Link* TcpClient::Impl::link_of(const core::Stream& stream) {
    for (auto& [address, link] : links_) {
        if (link.stream.get() == &stream) {
            return &link;
        }
    }
    return nullptr;
}

// What was received before a connection ended is still there for receive calls.
TcpClient::Impl::Link* TcpClient::Impl::find_inbox(const std::optional<Address>& server) {
    const auto& wanted = server ? server : default_server_;
    const auto found = wanted ? links_.find(*wanted) : links_.end();
    return found == links_.end() || found->second.inbox.empty() ? nullptr : &found->second;
}

std::shared_ptr<core::Stream> TcpClient::Impl::stream(const std::optional<Address>& server) const {
    const Link* link = find(server);
    return link ? link->stream : nullptr;
}

// A client reads only while somebody waits for what it reads: peers that are managed may speak at
// any time.
void TcpClient::Impl::update_reading(Link& link) noexcept {
    const auto stream = link.stream;
    stream->serve([&] {
        stream->set_reading(link.looping || peer_manager_.next() || !link.receivers.empty() ||
                            stream->requests()->in_flight() > 0);
    });
}

void TcpClient::Impl::with_peer_manager(const std::function<void(core::PeerManager&)>& work) {
    const auto keep_alive = shared_from_this();  // a callback may destroy the client
    work(peer_manager_);
    if (ticker_) {
        ticker_->update();
    }
    for (const Address& server : servers()) {
        if (Link* link = find(server)) {
            update_reading(*link);
        }
    }
}

// Says what peer management says when a connection begins and ends.
void TcpClient::Impl::introduce(core::Stream& stream, MessageType type) noexcept {
    core::attempt(node_->environment.log, "peers cannot be told", [&] {
        for (auto& [message, inner] : peer_manager_.messages(type)) {
            stream.push(std::move(message), inner);
        }
    });
}

void TcpClient::Impl::receive(ReceiveOptions options, detail::Completion<OwnedMessage> done) {
    const std::optional<Address> wanted = options.server.get();
    if (awaited(wanted)) {
        bind(executor_ ? executor_ : done.executor({}));
    }
    if (Link* kept = find_inbox(wanted)) {
        OwnedMessage message = std::move(kept->inbox.front());
        kept->inbox.pop_front();
        done.post(executor_, {}, std::move(message));
        return;
    }
    Link* link = find(wanted);
    if (!link) {
        done.post(executor_for(done), Errc::not_connected);
        return;
    }
    const Address server = wanted ? *wanted : *default_server_;
    const std::uint64_t id = next_receiver_++;
    const auto end = [weak = weak_from_this(), server, id](std::error_code why) {
        if (const auto self = weak.lock()) {
            self->end_receiver(server, id, why);
        }
    };
    if (auto slot = done.slot(); slot.is_connected()) {
        slot.assign([end](boost::asio::cancellation_type) { end(Errc::cancelled); });
    }
    Receiver receiver{id, std::move(done), nullptr};
    if (!core::is_never(options.timeout)) {
        receiver.timer = std::make_unique<Timer>(executor_, core::bounded(options.timeout));
        receiver.timer->async_wait([end](boost::system::error_code error) {
            if (!error) {
                end(Errc::timeout);
            }
        });
    }
    link->receivers.push_back(std::move(receiver));
    update_reading(*link);
}

void TcpClient::Impl::end_receiver(const Address& server, std::uint64_t id, std::error_code why) {
    Link* link = find(server);
    if (!link) {
        return;
    }
    for (auto receiver = link->receivers.begin(); receiver != link->receivers.end(); ++receiver) {
        if (receiver->id == id) {
            auto done = std::move(receiver->done);
            link->receivers.erase(receiver);
            update_reading(*link);
            done.post(executor_, why);
            return;
        }
    }
}

void TcpClient::Impl::returned(core::Stream& stream, core::Outcome outcome) {
    Link* link = link_of(stream);
    if (!link || outcome.kind != core::Outcome::Kind::returned) {
        return;
    }
    if (!link->receivers.empty()) {
        auto message = OwnedMessage::from(std::move(*outcome.message));
        auto done = std::move(link->receivers.front().done);
        link->receivers.pop_front();
        update_reading(*link);
        done.dispatch(executor_, {}, std::move(message));
        return;
    }
    if (outcome.handled) {
        return;
    }
    if (!link->looping && options_.inbox_max > 0) {
        link->inbox.push_back(OwnedMessage::from(std::move(*outcome.message)));
        if (link->inbox.size() <= options_.inbox_max) {
            return;
        }
        link->inbox.pop_front();
    }
    loop_->tallies().unhandled.add();
    node_->log(LogLevel::debug, "dropped a message nobody waited for", stream.remote());
}

void TcpClient::Impl::closed(core::Stream& stream, std::error_code why) {
    Link* link = link_of(stream);
    if (!link) {
        on_finished.tell(node_->environment.log, "the end is not told", stream);
        return;
    }
    const auto error = why ? why : make_error_code(Errc::closed);
    const Address server = stream.remote();
    const auto keep_alive = shared_from_this();
    auto receivers = std::exchange(link->receivers, {});
    const bool looping = std::exchange(link->looping, false);
    link->stream = nullptr;
    for (Receiver& receiver : receivers) {
        core::attempt(node_->environment.log, "whoever waits is not told",
                      [&] { receiver.done.post(executor_, error); });
    }
    if (why) {
        on_disconnect.tell(node_->environment.log, "the disconnect handler threw", server, why);
    }
    if (const auto kept = find_kept([&](const Kept& each) { return each.uses(stream); })) {
        kept->lost(error, looping);
    }
}

bool TcpClient::Impl::start_receive_loop(const std::optional<Address>& server) {
    Link* link = find(server);
    if (!link || std::exchange(link->looping, true)) {
        return false;
    }
    // What came before the loop is the handlers' past, and nobody will ask for it while it runs.
    link->inbox.clear();
    update_reading(*link);
    return true;
}

bool TcpClient::Impl::stop_receive_loop(const std::optional<Address>& server) {
    Link* link = find(server);
    if (!link || !link->looping) {
        return false;
    }
    link->looping = false;
    update_reading(*link);
    return true;
}

std::size_t TcpClient::Impl::stop_all_receive_loops() {
    std::size_t stopped = 0;
    for (const Address& server : receive_loops()) {
        stopped += stop_receive_loop(server);
    }
    return stopped;
}

std::vector<Address> TcpClient::Impl::receive_loops() const {
    std::vector<Address> running;
    for (const auto& [server, link] : links_) {
        if (link.looping) {
            running.push_back(server);
        }
    }
    return running;
}

void TcpClient::Impl::close(const std::optional<Address>& server) {
    const auto keep_alive = shared_from_this();
    const auto wanted = server ? server : default_server_;
    Link* link = find(wanted);
    end_keeping([&](const Kept& kept) {
        return (wanted && kept.is_at(*wanted)) || (!server && !link && kept.is_primary());
    });
    if (!link) {
        return;
    }
    const auto stream = link->stream;
    auto receivers = std::move(link->receivers);
    introduce(*stream, MessageType::disconnect);
    links_.erase(*wanted);
    for (Receiver& receiver : receivers) {
        receiver.done.post(executor_, Errc::closed);
    }
    stream->end_requests(Errc::closed);
    stream->drain();
}

void TcpClient::Impl::close_all() {
    const auto keep_alive = shared_from_this();
    end_keeping([](const Kept&) { return true; });
    for (const Address& server : servers()) {
        close(server);
    }
}

void TcpClient::Impl::shut_down() noexcept {
    end_all();
    // Connections that still drain outlive this.
    node_->peers.set_observer({});
}

// The client may be connected anew, on another context.
void TcpClient::Impl::context_ends() {
    end_all();
    if (loop_) {
        loop_->context_ends();
    }
    ticker_ = nullptr;
    executor_ = {};
}

void TcpClient::Impl::end_all() noexcept {
    const auto go_on = [&](auto&& work) {
        core::attempt(node_->environment.log, "the client ends all the same", work);
    };
    end_keeping([](const Kept&) { return true; }, Errc::cancelled);
    for (const auto& connecting : std::exchange(connecting_, {})) {
        go_on([&] { connecting->done.post(executor_, Errc::cancelled); });
        go_on([&] { net::cancel_on(executor_, connecting, connecting->cancel); });
        connecting->end_agreeing();
    }
    for (const auto& run : std::exchange(running_, {})) {
        go_on([&] { run->cancel(); });
    }
    auto links = std::exchange(links_, {});
    for (auto& [server, link] : links) {
        if (link.stream) {
            introduce(*link.stream, MessageType::disconnect);
            go_on([&] { link.stream->flush(); });
            link.stream->abort(Errc::cancelled);
        }
        for (Receiver& receiver : link.receivers) {
            go_on([&] { receiver.done.post(executor_, Errc::cancelled); });
        }
    }
    if (ticker_) {
        ticker_->stop();
        loop_->stop();
        loop_->cancel_orphans();
    }
}

void TcpClient::Impl::set_default_server(const Address& server) {
    if (!find(server)) {
        throw std::invalid_argument("there is no connection to " + server.str() +
                                    "; connect first");
    }
    default_server_ = server;
}

std::vector<Address> TcpClient::Impl::servers() const {
    std::vector<Address> connected;
    for (const auto& [server, link] : links_) {
        if (link.stream) {
            connected.push_back(server);
        }
    }
    return connected;
}

Counters TcpClient::Impl::counters() const {
    Counters sum = counted_before_;
    if (loop_) {
        loop_->tallies().add_to(sum);
    }
    return sum;
}

}  // namespace netaio
