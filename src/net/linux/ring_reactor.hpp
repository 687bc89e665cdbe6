#pragma once

#include <liburing.h>
#include <sys/socket.h>

#include <array>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/detail/config.hpp>
#include <boost/asio/detail/epoll_reactor.hpp>
#include <boost/asio/detail/op_queue.hpp>
#include <boost/asio/detail/scheduler_operation.hpp>
#include <boost/asio/post.hpp>
#include <boost/container/small_vector.hpp>
#include <boost/intrusive/list.hpp>
#include <functional>
#include <memory>
#include <netaio/bytes.hpp>
#include <span>
#include <string>
#include <system_error>
#include <vector>

#include "descriptor.hpp"

namespace netaio::net {

class Ring;

/// Asio's reactor, with a ring to wait in. A loop that waits in epoll calls the system to wait, to
/// receive and to send; this one receives in the wait, and sends what a turn of the loop had to
/// send in the same call. What Asio's own objects wait for comes through the ring as well, which
/// watches the reactor's epoll. All but of() on the loop's thread.
class RingReactor final : public boost::asio::detail::epoll_reactor {
public:
    using Operation = boost::asio::detail::operation;
    using Hook = boost::intrusive::list_base_hook<>;

    /// Something to receive, once or again and again. While it is under way it keeps itself, as the
    /// ring refers to it.
    class Request : public Operation, public Hook, public std::enable_shared_from_this<Request> {
    public:
        /// Whether it will bring something, or has brought what is not handled yet.
        bool under_way() const noexcept { return is_linked() || !brought_.empty(); }

    protected:
        explicit Request(RingReactor& reactor) : Operation(&complete), reactor_(reactor) {}
        virtual ~Request() = default;
        /// It brought something. On the loop, once for each.
        virtual void came() = 0;

        RingReactor& reactor_;
        int result_ = 0;  // how many bytes, or minus the error
        unsigned flags_ = 0;

    private:
        friend RingReactor;
        struct Brought {
            int result;
            unsigned flags;
        };
        static void complete(void* context, Operation* operation, const boost::system::error_code&,
                             std::size_t);

        boost::container::small_vector<Brought, 1> brought_;
        bool queued_ = false;  // for the loop to call complete(), or that is running
        std::shared_ptr<Request> self_;
    };

    /// What bytes are sent for.
    class Sender {
    public:
        virtual ~Sender() = default;
        /// The system did not take these, the last of what was given, or `message` of it. Must not
        /// give more.
        virtual void not_sent(ByteView rest, const msghdr* message, std::error_code error) = 0;

    private:
        friend RingReactor;
        std::uint64_t turn_ = 0;  // in which it last gave bytes
    };

    explicit RingReactor(boost::asio::execution_context& context);
    ~RingReactor();

    /// The reactor of the loop that the calling thread runs, if it has a ring and the executor is
    /// the loop's own.
    static RingReactor* of(const boost::asio::any_io_executor& executor);
    /// Takes a socket out of Asio's epoll, so that input wakes the loop once.
    void leave_epoll(int fd);
    /// Calls the function when the socket takes output, or never will. By epoll: a ring also tells
    /// that the peer sends no more, again and again.
    template <class Socket>
    void wait_writable(Socket& socket, std::function<void()> then) {
        auto& entry = descriptor_of(socket);
        if (!enter_epoll(entry.socket_, entry.reactor_data_)) {
            boost::asio::post(socket.get_executor(), std::move(then));  // to find out by writing
            return;
        }
        socket.async_wait(Socket::wait_write, [this, fd = entry.socket_, then = std::move(then)](
                                                  boost::system::error_code error) {
            if (!error) {
                leave_epoll(fd);
                then();
            }
        });
    }

    /// Whether the calling thread is the ring's, as all that follows wants.
    bool usable() const noexcept;
    /// Receives whatever comes into memory of the ring: once or, where the system does that well,
    /// until the memory is used up, the peer ends, or it is cancelled.
    void receive(int fd, Request& request);
    /// Waits until there is something to receive.
    void await_input(int fd, Request& request);
    /// Receives once into the message, which must last until then.
    void receive(int fd, Request& request, msghdr& message);
    /// Ends it early, if it still waits.
    void cancel(Request& request);
    /// Whether other requests that brought something wait for the loop.
    bool others_came() const noexcept { return came_ > 0; }
    /// What a receive brought, and giving its memory back.
    std::span<char> received(const Request& request) noexcept;
    void give_back(Request& request) noexcept;

    /// Copies the bytes and sends them at the end of the loop's turn. False when there is no room,
    /// or something else would go between them and what the sender gave before.
    bool send(int fd, Sender& sender, ByteView bytes);
    /// The same for many bytes: it keeps their memory until they are sent, and gives other.
    bool send_lent(int fd, Sender& sender, std::string& bytes);
    /// The same for a datagram; `message` is copied with all it refers to.
    bool send(int fd, Sender& sender, const msghdr& message);
    /// Whether bytes of the sender are still to be sent.
    bool holds_bytes_of(const Sender& sender) const noexcept { return sender.turn_ == turn_; }
    /// Sends what was given, now. Afterwards every sender knows what was not taken. Throws
    /// std::system_error when the ring fails.
    void submit();
    /// The same, if there is something of this sender.
    void submit_for(const Sender& sender) {
        if (holds_bytes_of(sender)) {
            submit();
        }
    }
    /// Drops what the sender gave.
    void forget(const Sender& sender) noexcept;

    void run(long usec, boost::asio::detail::op_queue<Operation>& done) override;
    void shutdown() override;

private:
    static constexpr std::size_t output_size = 256 * 1024;
    // Sent when it is so much, while the caches hold it.
    static constexpr std::size_t together_max = 192 * 1024;
    static constexpr std::size_t lent_max = 128 * 1024;  // and room in it that is kept

    struct Sending {
        Sender* sender;
        io_uring_sqe* request;
        ByteView bytes;
        const msghdr* message;
    };

    bool open();
    bool enter_epoll(int fd, per_descriptor_data data);
    io_uring_sqe* next();
    char* room_for(std::size_t size) noexcept;
    bool ends_output(const Sending& sending, const Sender& sender) const noexcept;
    void send_bytes(int fd, Sender& sender, ByteView bytes);
    void submit_much();
    void take_back_lent() noexcept;
    void sending(io_uring_sqe& entry, Sender& sender, ByteView bytes,
                 const msghdr* message = nullptr);
    void started(io_uring_sqe& entry, Request& request);
    void queue(Request& request);
    void enter(long usec);
    void collect();
    static void make_room_for(std::uint64_t user_data);
    void finished(std::uint64_t user_data, int result, unsigned flags);

    boost::asio::detail::scheduler& scheduler_;
    std::unique_ptr<Ring> ring_;
    bool unavailable_ = false;
    std::uint64_t thread_ = 0;
    boost::intrusive::list<Request, boost::intrusive::constant_time_size<false>> waiting_;
    boost::asio::detail::op_queue<Operation> done_;
    std::unique_ptr<char[]> output_;
    std::size_t output_used_ = 0;
    std::array<std::string, 8> lent_;  // those that are sent from first
    std::size_t lent_count_ = 0;
    std::size_t lent_bytes_ = 0;
    std::vector<Sending> sendings_;
    std::uint64_t turn_ = 1;
    std::size_t came_ = 0;  // requests that brought something and wait for the loop
    bool watching_epoll_ = false;
    bool epoll_ready_ = false;
};

}  // namespace netaio::net
