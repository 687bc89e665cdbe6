#include <array>
#include <boost/asio/bind_allocator.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/execution_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/query.hpp>
#include <boost/asio/this_coro.hpp>
#include <deque>
#include <map>

#include "input.hpp"
#include "operation_memory.hpp"
#include "transport.hpp"

/// Connections without sockets, between servers and clients on one context, which must run on one
/// thread.
namespace netaio::net {
namespace {

// What one end may write before the other reads.
constexpr std::size_t unread_max = 64 * 1024;

boost::asio::execution_context& context_of(const boost::asio::any_io_executor& executor) {
    return boost::asio::query(executor, boost::asio::execution::context);
}

class MemoryEnd;

// A connection's bytes between its two ends.
struct Wire {
    struct Way {
        std::string bytes = {};
        bool ended = false;  // nothing follows them
    };

    std::array<Way, 2> ways = {};  // by who writes
    std::array<MemoryEnd*, 2> ends = {};
};

// A wire as the stream at one of its ends sees it.
class MemoryEnd final : public core::Carrier {
public:
    MemoryEnd(std::shared_ptr<Wire> wire, std::size_t end, boost::asio::any_io_executor executor)
        : wire_(std::move(wire)), end_(end), executor_(std::move(executor)) {
        wire_->ends[end_] = this;
    }
    ~MemoryEnd() override { close(); }

    void start(const std::shared_ptr<core::Stream>& stream) override {
        stream_ = stream;
        read_later();
    }

    std::size_t write(ByteView bytes, std::error_code& error) override {
        if (incoming().ended) {
            error = std::make_error_code(std::errc::broken_pipe);
            return 0;
        }
        const std::size_t count = std::min(bytes.size(), room());
        outgoing().bytes.append(bytes.data(), count);
        if (MemoryEnd* const reader = other()) {
            reader->read_later();
        }
        return count;
    }

    void wait_writable() override {
        waits_ = true;
        say_if_writable();
    }

    void resume() override { read_later(); }

    void look_for_end() override {
        const auto stream = stream_.lock();
        if (stream && stream->waits_for_answers() && incoming().ended) {
            stream->gone();
        }
        if (stream && stream->listens_for_end() && at_end()) {
            stream->ended({});
        }
    }

    void close() noexcept override {
        if (wire_->ends[end_] == this) {
            wire_->ends[end_] = nullptr;
            outgoing().ended = true;
            if (MemoryEnd* const reader = other()) {
                reader->hear_of_end();
            }
        }
    }

private:
    Wire::Way& outgoing() const noexcept { return wire_->ways[end_]; }
    Wire::Way& incoming() const noexcept { return wire_->ways[1 - end_]; }
    MemoryEnd* other() const noexcept { return wire_->ends[1 - end_]; }
    bool at_end() const noexcept { return incoming().bytes.empty() && incoming().ended; }
    std::size_t room() const noexcept {
        const std::size_t unread = outgoing().bytes.size();
        return unread_max > unread ? unread_max - unread : 0;
    }

    // What happens comes from the loop, never from within a call of the stream.
    template <class What>
    void later(What what) {
        boost::asio::post(executor_, [weak = stream_, this, what] {
            if (const auto stream = weak.lock(); stream && wire_->ends[end_] == this) {
                stream->serve([&] { what(*stream); });
            }
        });
    }

    void read_later() {
        if (!reading_ && stream_.lock()) {
            later([this](core::Stream& stream) {
                reading_ = false;
                read(stream);
            });
            reading_ = true;
        }
    }

    void read(core::Stream& stream) {
        stream.proceed();
        if (wire_->ends[end_] != this || !stream.takes_input()) {
            look_for_end();
            return;
        }
        if (at_end()) {
            stream.ended({});
            return;
        }
        std::string bytes = std::exchange(incoming().bytes, {});
        if (bytes.empty()) {
            return;
        }
        if (MemoryEnd* const writer = other()) {
            writer->say_if_writable();
        }
        stream.received(bytes);
        if (wire_->ends[end_] == this) {
            read_later();
        }
    }

    void say_if_writable() {
        if (!waits_ || (room() == 0 && !incoming().ended)) {
            return;
        }
        later([](core::Stream& stream) { stream.writable({}); });
        waits_ = false;
    }

    void hear_of_end() noexcept {
        if (const auto stream = stream_.lock()) {
            stream->serve([this] {
                read_later();
                say_if_writable();
            });
        }
    }

    const std::shared_ptr<Wire> wire_;
    const std::size_t end_;
    const boost::asio::any_io_executor executor_;
    std::weak_ptr<core::Stream> stream_;
    bool reading_ = false;
    bool waits_ = false;  // until it may write again
};

Connected end_of(const std::shared_ptr<Wire>& wire, std::size_t end, core::Ends ends,
                 const boost::asio::any_io_executor& executor) {
    return {std::move(ends),
            [carrier = std::make_unique<MemoryEnd>(wire, end, executor)]() mutable
                -> Result<std::unique_ptr<core::Carrier>> { return std::move(carrier); }};
}

class MemoryListener;

// Who listens in a context.
class MemoryPlaces final : public boost::asio::execution_context::service {
public:
    using key_type = MemoryPlaces;
    static boost::asio::execution_context::id id;

    explicit MemoryPlaces(boost::asio::execution_context& context) : service(context) {}

    static MemoryPlaces& of(const boost::asio::any_io_executor& executor) {
        return boost::asio::use_service<MemoryPlaces>(context_of(executor));
    }

    std::map<Address, MemoryListener*> listeners = {};

private:
    void shutdown() override { listeners.clear(); }
};

boost::asio::execution_context::id MemoryPlaces::id;

class MemoryListener final : public Listener, public std::enable_shared_from_this<MemoryListener> {
public:
    MemoryListener(boost::asio::any_io_executor executor, Address at)
        : executor_(std::move(executor)), address_(std::move(at)) {
        MemoryPlaces::of(executor_).listeners[address_] = this;
    }
    ~MemoryListener() override { close(); }

    const Address& address() const noexcept override { return address_; }
    void wait() override {
        waits_ = true;
        say_if_ready();
    }
    Result<Connected> accept(const boost::asio::any_io_executor& executor) override {
        if (waiting_.empty()) {
            return make_error_code(std::errc::operation_would_block);
        }
        Connected taken = std::move(waiting_.front());
        waiting_.pop_front();
        if (&context_of(executor) != &context_of(executor_)) {
            return make_error_code(Errc::unsupported);  // both ends are to be on one thread
        }
        return taken;
    }
    void close() noexcept override {
        if (std::exchange(open_, false)) {
            MemoryPlaces::of(executor_).listeners.erase(address_);
            waiting_.clear();
        }
    }
    bool is_open() const noexcept override { return open_; }

    void add(const std::shared_ptr<Wire>& wire, const Address& from) {
        waiting_.push_back(end_of(wire, 1, {from, address_}, executor_));
        say_if_ready();
    }

private:
    void say_if_ready() {
        if (waits_ && !waiting_.empty()) {
            waits_ = false;
            boost::asio::post(executor_,
                              boost::asio::bind_allocator(memory_, [self = shared_from_this()] {
                                  if (self->open_) {
                                      self->ready();
                                  }
                              }));
        }
    }

    const boost::asio::any_io_executor executor_;
    const Address address_;
    std::deque<Connected> waiting_;
    OperationMemory<> memory_;
    bool waits_ = false;
    bool open_ = true;
};

Result<std::shared_ptr<Listener>> listen_memory(const boost::asio::any_io_executor& executor,
                                                const Address& address, const TcpServerOptions&) {
    if (MemoryPlaces::of(executor).listeners.contains(address)) {
        return make_error_code(std::errc::address_in_use);
    }
    return std::shared_ptr<Listener>(std::make_shared<MemoryListener>(executor, address));
}

boost::asio::awaitable<ConnectResult> connect_memory(std::string host, std::uint16_t,
                                                     TcpClientOptions) {
    const Address server = *Address::parse(host);
    const auto executor = co_await boost::asio::this_coro::executor;
    auto& places = MemoryPlaces::of(executor);
    const auto found = places.listeners.find(server);
    if (found == places.listeners.end()) {
        co_return ConnectResult{make_error_code(std::errc::connection_refused)};
    }
    const Address from = numbered(server);
    const auto wire = std::make_shared<Wire>();
    Connected connected = end_of(wire, 0, {server, from}, executor);
    found->second->add(wire, from);
    co_return ConnectResult{{}, std::move(connected)};
}

}  // namespace

const Transport memory_transport{"memory", listen_memory, connect_memory, nullptr};

}  // namespace netaio::net
