#include "udp_impl.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/system_executor.hpp>
#include <stdexcept>

#include "answering.hpp"
#include "core/backoff.hpp"
#include "core/callback.hpp"
#include "core/outgoing.hpp"
#include "core/waiting.hpp"
#include "node_of.hpp"
#include "signals.hpp"
#include "udp_handler.hpp"

namespace netaio {
namespace {

void check_group(const std::string& group, bool v6) {
    const auto address = Address::parse(group, 0);
    const bool fits = address && address->is_v6() == v6 && address->scope() == 0 &&
                      (v6 ? address->ip()[0] == 0xff : (address->ip()[0] & 0xf0) == 0xe0);
    if (!fits) {
        throw std::invalid_argument("'" + group + "' is no " + (v6 ? "IPv6" : "IPv4") +
                                    " multicast group; " +
                                    (v6 ? "group6 must be in ff00::/8" : "group4 in 224.0.0.0/4"));
    }
}

// Throws std::invalid_argument for bounds that leave no room for anything.
core::LinkBounds links_of(const UdpNodeOptions& options) {
    const std::size_t longest = std::min<std::size_t>(options.datagram_max, 65507);
    if (options.session.policy != SessionPolicy::off &&
        (options.path_size < 128 || longest < 128 || options.sessions_max == 0)) {
        throw std::invalid_argument(
            "sessions need path_size and datagram_max to be 128 or more, and sessions_max 1");
    }
    return {.links_max = options.sessions_max,
            .links_per_host_max = options.sessions_per_host_max,
            .path_size = std::min(options.path_size, longest),
            .path_size_max = longest,
            .fragments = options.fragments,
            .waiting_max = options.send_queue_max,
            .handshakes_per_second = options.handshakes_per_second};
}

}  // namespace

UdpNode::Impl::Impl(boost::asio::any_io_executor executor, UdpNodeOptions options)
    : executor_(std::move(executor)),
      options_(std::move(options)),
      node_(net::node_of(core::Role::node, options_)) {
    check_group(options_.group4, false);
    check_group(options_.group6, true);
    if (!options_.ipv4 && !options_.ipv6) {
        throw std::invalid_argument("a UdpNode needs ipv4 or ipv6: neither is switched on");
    }
    const Backoff& backoff = options_.renewal_backoff;
    core::require_backoff(backoff, "renewal_backoff");
    node_->present.set_bytes_max(options_.present_max);
    node_->peers.set_peers_max(options_.peers_max);
    node_->peers.set_host_max(options_.peers_per_host_max);
    const core::DatagramBounds bounds{
        .datagram_max = std::min<std::size_t>(options_.datagram_max, 65507),
        .outbox_max = options_.send_queue_max,
        .requests_max = options_.requests_max,
        .subscriptions_max = options_.subscriptions_max,
        .subscribers_max = options_.subscribers_max,
        .subscribers_per_host_max = options_.subscribers_per_host_max,
        .handlers_max = options_.handlers_max,
        .replies_per_second = options_.replies_per_second,
        .unproven_bytes_per_second = options_.unproven_bytes_per_second,
        .unproven_bytes_per_second_total = options_.unproven_bytes_per_second_total,
        .introductions_max = options_.introductions_max,
        .renewals_max = options_.renewals_max,
        .renew_subscriptions = options_.renew_subscriptions,
        .backoff = backoff,
        .links = links_of(options_)};
    core_ = std::make_unique<core::DatagramNode>(
        node_, bounds,
        [this](std::shared_ptr<core::Suspended> handler) { start_handler(std::move(handler)); },
        [this] {
            if (ticker_) {
                ticker_->update();
            }
        });
    core_->know_own_addresses(
        [this](const Address& to) { return sockets_ && sockets_->is_this_node(to); });
    for (const Address& to : options_.bootstrap) {
        if (to.is_named() || to.port() == 0) {
            throw std::invalid_argument("'" + to.str() +
                                        "' cannot be in bootstrap: that takes IP addresses with a "
                                        "port");
        }
        if (core_->keep_introduced(to)) {
            throw std::invalid_argument(
                "bootstrap has more addresses than introductions_max: raise that");
        }
    }
}

void UdpNode::Impl::bind(const boost::asio::any_io_executor& executor) {
    if (!executor_) {
        executor_ = executor;
    }
    if (!executor_) {
        throw std::logic_error(
            "a UdpNode needs an executor: give it one when it is made, start it from a coroutine, "
            "or call run()");
    }
    if (!std::exchange(settled_in_, true)) {
        net::settle_in(executor_, weak_from_this());
    }
}

// Whatever is thrown meanwhile, as where there is no memory, others are served.
template <class Work>
void UdpNode::Impl::serve(Work&& work) noexcept {
    if (!core::attempt(node_->environment.log, "a datagram is not served", work)) {
        core_->tallies().datagrams_unserved.add();
    }
}

std::error_code UdpNode::Impl::start() {
    if (running()) {
        throw std::logic_error("this UdpNode runs already");
    }
    report_ = {};
    ticker_ = std::make_shared<net::Ticker>(
        executor_, node_->environment.clock, [this] { return core_->next(); },
        [this] {
            // An answer, a callback or a handler may destroy the node.
            const auto keep_alive = shared_from_this();
            serve([this] {
                core_->tick();
                flush();
            });
            end_if_idle();
        });
    sockets_ = std::make_shared<net::UdpSockets>(
        executor_, options_, node_->environment.log, core_->tallies(),
        net::UdpSockets::Listener{
            .received =
                [this](std::span<char> datagram, const Address& from, bool to_group) {
                    const auto keep_alive = shared_from_this();
                    serve([&] { core_->receive(datagram, from, to_group); });
                },
            .batch_ended =
                [this] {
                    const auto keep_alive = shared_from_this();
                    thread_.runs_here();
                    serve([this] { flush(); });
                    end_if_idle();
                },
            .not_sent =
                [this](ByteView bytes, const Address& to, std::error_code why) {
                    serve([&] { core_->not_sent(bytes, to, why); });
                },
            .network_changed =
                [this] {
                    serve([this] {
                        core_->renew_all();
                        flush();
                    });
                }});
    if (const auto error = sockets_->open()) {
        sockets_ = nullptr;
        return error;
    }
    open_mailbox();
    // Who was to be told of peers before there was a network is told now.
    core_->outbox().clear();
    core_->renew_all();
    flush();
    ticker_->update();
    return {};
}

// What works of plugins bring, as long as the node runs.
void UdpNode::Impl::open_mailbox() {
    mailbox_ =
        std::make_shared<core::Mailbox>([to = executor_, weak = weak_from_this()](auto what) {
            boost::asio::post(to, [weak, what = std::move(what)] {
                const auto self = weak.lock();
                if (self && self->running()) {
                    self->thread_.runs_here();
                    self->serve([&] {
                        what();
                        self->flush();
                    });
                    self->end_if_idle();
                }
            });
        });
    core_->set_mailbox(mailbox_);
}

void UdpNode::Impl::close_mailbox() noexcept {
    core_->set_mailbox(nullptr);
    core_->drop_held();
    if (const auto mailbox = std::exchange(mailbox_, nullptr)) {
        mailbox->close();
    }
}

StopReport UdpNode::Impl::run() {
    if (executor_) {
        throw std::logic_error(
            "this UdpNode works on an executor of yours: start() it and run your event loop");
    }
    const auto keep_alive = shared_from_this();  // a callback or handler may destroy the node
    boost::asio::io_context context(1);
    net::use_ring(context);
    bind(context.get_executor());
    std::optional<net::SignalWatch> signals;
    if (options_.handle_signals) {
        signals.emplace(executor_, [weak = weak_from_this()] {
            const auto self = weak.lock();
            if (self && self->stopping_) {
                self->end();  // a second one
            } else if (self) {
                self->stop(self->options_.drain, {});
            }
        });
    }
    if (const auto error = start()) {
        throw Error(error, "the node cannot start");
    }
    while (running() && context.run_one() > 0) {
    }
    net::send_rest(context);
    signals.reset();
    context.restart();
    context.poll();  // what was cancelled
    return report_;
}

// The node may be started anew, on another context.
void UdpNode::Impl::context_ends() {
    end();
    running_.clear();
    sockets_ = nullptr;
    ticker_ = nullptr;
    flush_pending_ = false;
    settled_in_ = false;
    executor_ = {};
}

bool UdpNode::Impl::has_unsent() const {
    return flush_pending_ || core_->waits_for_work() || (sockets_ && sockets_->has_unsent());
}

template <class Work>
bool UdpNode::Impl::go_on(Work&& work) noexcept {
    return core::attempt(node_->environment.log, "the node stops all the same", work);
}

void UdpNode::Impl::stop(std::chrono::milliseconds deadline, detail::Completion<StopReport> done) {
    const auto keep_alive = shared_from_this();
    if (done) {
        stop_waiters_.push_back(std::move(done));
    }
    if (stopping_) {
        return;
    }
    if (!running()) {
        end();
        return;
    }
    report_ = {};
    say_goodbye();
    if (!running() || !has_work() || deadline.count() <= 0) {
        end();
        return;
    }
    stopping_ = true;
    core_->set_draining(true);
    core_->end_renewals();
    const bool waits = go_on([&] {
        stop_timer_ = std::make_unique<Timer>(executor_, core::bounded(deadline));
        stop_timer_->async_wait([weak = weak_from_this()](boost::system::error_code error) {
            if (const auto self = weak.lock(); self && !error) {
                self->end();
            }
        });
    });
    if (!waits) {
        end();
    }
}

// A node that stops has ended when nothing is left to wait for.
void UdpNode::Impl::end_if_idle() noexcept {
    if (stopping_ && !has_work()) {
        end();
    }
}

// Peers are told while there are sockets.
void UdpNode::Impl::say_goodbye() noexcept {
    if (running()) {
        go_on([&] { core_->peer_manager().stop_all(); });
        go_on([&] { core_->answer_sessions(); });
        go_on([&] { flush(); });
    }
}

void UdpNode::Impl::end() noexcept {
    const auto keep_alive = shared_from_this();
    say_goodbye();
    if (running()) {
        report_.bytes_discarded = sockets_->unsent_bytes() + core_->held_bytes();
        go_on([&] { sockets_->close(); });
    }
    if (ticker_) {
        ticker_->stop();
    }
    stop_timer_.reset();
    core_->set_draining(false);
    stopping_ = false;
    core_->end_renewals();
    close_mailbox();
    core_->end_sessions();
    go_on([&] { core_->end_requests(Errc::cancelled); });
    for (const auto& running : std::exchange(running_, {})) {
        ++report_.cut_off;
        go_on([&] { running->cancel(); });
    }
    tell_stopped();
}

void UdpNode::Impl::tell_stopped() noexcept {
    const auto executor =
        executor_ ? executor_ : boost::asio::any_io_executor(boost::asio::system_executor());
    for (auto& waiter : std::exchange(stop_waiters_, {})) {
        go_on([&] { waiter.post(executor, {}, report_); });
    }
}

std::vector<Address> UdpNode::Impl::endpoints() const {
    return running() ? sockets_->endpoints() : std::vector<Address>();
}

std::uint16_t UdpNode::Impl::port() const {
    const auto all = endpoints();
    return all.empty() ? 0 : all.front().port();
}

Plugins UdpNode::Impl::outer(const SendOptions& options) const {
    return core::outer_plugins(node_->outer.get(), options);
}

void UdpNode::Impl::with_peer_manager(const std::function<void(core::PeerManager&)>& work) {
    const auto keep_alive = shared_from_this();  // a callback may destroy the node
    work(core_->peer_manager());
    if (running()) {
        flush_later();
        ticker_->update();
    }
}

struct UdpNode::Impl::Waiting {
    explicit Waiting(detail::Completion<OwnedMessage> completion) : done(std::move(completion)) {}

    detail::Completion<OwnedMessage> done;
    std::optional<core::RequestTable::Id> id = std::nullopt;  // from then on it can be cancelled
};

void UdpNode::Impl::request(Result<OwnedMessage> message, RequestTerms terms,
                            detail::Completion<OwnedMessage> done) {
    bind(done.executor(executor_));
    if (!message || !running()) {
        done.post(executor_, message ? make_error_code(Errc::not_connected) : message.error());
        return;
    }
    if (!terms.server) {
        done.post(executor_, make_error_code(std::errc::destination_address_required));
        return;
    }
    const auto words = core::SubscriptionWords::parse(message->content());
    if (terms.must_be_granted && words.prefix && words.present) {
        done.post(executor_, Errc::unsupported);  // nor would it be granted
        return;
    }
    const auto keep_alive = shared_from_this();  // plugins may destroy the node
    const Address to = *terms.server;
    const auto wait = terms.timeout.value_or(options_.request_timeout);
    auto slot = done.slot();
    // Shared, as it is needed again when nothing was sent.
    const auto waiting = std::make_shared<Waiting>(std::move(done));
    // Nothing may be thrown once the request waits: it would end twice.
    if (slot.is_connected()) {
        slot.assign([weak = weak_from_this(), to,
                     asked = std::weak_ptr(waiting)](boost::asio::cancellation_type) {
            const auto self = weak.lock();
            if (const auto request = asked.lock(); self && request && request->id) {
                self->core_->cancel(to, *request->id);
            }
        });
    }
    flush_later();
    const auto answer = terms.reply_type.value_or(options_.types.answer_to(message->type()));
    auto completion = [waiting, executor = executor_](std::error_code error, const Message* reply) {
        net::answer(waiting->done, executor, error, reply);
    };
    const auto id =
        message->type() == MessageType::subscribe_uri
            ? core_->subscribe_there(to, *message, terms.must_be_granted, std::move(terms.inner),
                                     wait, std::move(completion))
            : core_->request(to, *message, std::move(terms.inner), wait, std::move(completion),
                             answer);
    if (!id) {
        waiting->done.post(executor_, id.error());
    } else if (!running()) {
        core_->cancel(to, *id);  // plugins may also have stopped it
    } else {
        waiting->id = *id;
    }
}

void UdpNode::Impl::start_handler(std::shared_ptr<core::Suspended> handler) {
    const auto run = std::make_shared<net::HandlerRun>(executor_);
    handler->running = run;
    const auto& kept = static_cast<const net::KeptUdpHandler&>(*handler->route.handler);
    auto coroutine = kept.start(handler->message, handler->from);
    running_.insert(run);
    run->start(std::move(coroutine),
               [weak = weak_from_this(), run, handler](net::HandlerRun::Reply reply,
                                                       const std::exception_ptr& failure) {
                   if (const auto self = weak.lock()) {
                       const bool ended = self->running_.erase(run) > 0;
                       self->core_->handler_ended(*handler, std::move(reply), failure);
                       self->flush_later();
                       if (ended && self->stopping_) {
                           ++self->report_.drained;
                           self->end_if_idle();
                       }
                   }
               });
}

void UdpNode::Impl::flush() {
    if (running()) {
        sockets_->send(core_->outbox());
    } else {
        core_->outbox().clear();
    }
}

// Once for all that this turn of the loop still wants sent.
void UdpNode::Impl::flush_later() {
    if (flush_pending_ || !executor_) {
        return;
    }
    boost::asio::post(executor_, [weak = weak_from_this()] {
        if (const auto self = weak.lock()) {
            self->thread_.runs_here();
            self->flush_pending_ = false;
            self->serve([&] {
                self->flush();
                if (self->ticker_) {
                    self->ticker_->update_if_missed();
                }
            });
        }
    });
    flush_pending_ = true;
}

}  // namespace netaio
