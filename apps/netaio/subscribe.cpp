#include "subscribe.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <iostream>

#include "duration.hpp"
#include "exit_code.hpp"
#include "session.hpp"
#include "text.hpp"
#include "values.hpp"

namespace netaio::app {
namespace {

struct SubscribeOptions {
    ClientOptions client;
    std::vector<std::string> uris;
    bool prefix = false;
    bool present = false;
    bool list = false;          // ends with the present values
    std::uint64_t count = 0;    // 0: without end
    bool bounded_wait = false;  // whether --timeout was given
};

// Prints notifications as they come, until something ends that.
class Subscription {
public:
    Subscription(const SubscribeOptions& options, const Protection& protection,
                 const boost::asio::any_io_executor& executor)
        : options_(options), session_(make_session(options.client, protection)), wake_(executor) {}

    ~Subscription() {
        for (const std::string& uri : subscribed_) session_->unsubscribe(uri);
    }
    Subscription(const Subscription&) = delete;
    Subscription& operator=(const Subscription&) = delete;

    awaitable<void> run();

private:
    void take(const Message& notification);
    void lose(ByteView uri, const Message& answer);
    awaitable<void> subscribe(ByteView uri);
    awaitable<void> wait_for_end();
    void end(std::exception_ptr failure = nullptr);

    const SubscribeOptions& options_;
    std::unique_ptr<Session> session_;
    std::vector<std::string> subscribed_;
    bool all_asked_for_ = false;
    std::exception_ptr lost_;  // why the last one ended that did
    boost::asio::steady_timer wake_;
    std::uint64_t taken_ = 0;
    std::optional<std::uint64_t> left_;  // to be listed
    std::chrono::steady_clock::time_point taken_at_ = {};
    bool ended_ = false;
    std::exception_ptr failure_;
};

// `prefix present N` (protocol.md §11).
std::uint64_t present_count(const Message& answer) {
    const std::string text = answer.content().str();
    return std::stoull(text.substr(text.find_last_of(' ')));
}

void Subscription::end(std::exception_ptr failure) {
    if (ended_) return;
    ended_ = true;
    failure_ = std::move(failure);
    wake_.cancel();
}

void Subscription::take(const Message& notification) {
    if (ended_) return;
    try {
        show_notification(notification, options_.client.output);
    } catch (...) {
        end(std::current_exception());
        return;
    }
    ++taken_;
    taken_at_ = std::chrono::steady_clock::now();
    if (taken_ == options_.count || taken_ == left_) {
        end();
    } else {
        wake_.cancel();
    }
}

void Subscription::lose(ByteView uri, const Message& answer) {
    if (ended_ || std::erase(subscribed_, uri.str()) == 0) return;
    try {
        throw_if_error(answer, uri);
        throw Failure(ExitCode::other,
                      "the server does not grant '" + printable(uri) + "' any more");
    } catch (const Failure& failure) {
        lost_ = std::current_exception();
        if (all_asked_for_ && subscribed_.empty()) {
            end(lost_);
        } else {
            std::cerr << "netaio: " << sentence(failure.what()) << '\n';
        }
    }
}

awaitable<void> Subscription::subscribe(ByteView uri) {
    const OwnedMessage answer =
        co_await session_->subscribe(uri, options_.prefix, options_.present);
    throw_if_error(answer, uri);
    subscribed_.emplace_back(uri);
    if (options_.list) {
        left_ = present_count(answer);
        if (*left_ <= taken_) end();
        co_return;
    }
    std::cerr << "subscribed to " << printable(uri) << '\n';
}

awaitable<void> Subscription::wait_for_end() {
    using Clock = std::chrono::steady_clock;
    const auto silence = to_milliseconds(options_.client.timeout_seconds);
    taken_at_ = Clock::now();
    while (!ended_) {
        wake_.expires_at(options_.bounded_wait ? taken_at_ + silence : Clock::time_point::max());
        boost::system::error_code error;
        co_await wake_.async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, error));
        if (!ended_ && options_.bounded_wait && taken_at_ + silence <= Clock::now()) {
            throw Failure(ExitCode::timeout, "no notification within the time of --timeout");
        }
    }
}

awaitable<void> Subscription::run() {
    session_->listen({.take = [this](const Message& notification) { take(notification); },
                      .lose = [this](ByteView uri, const Message& answer) { lose(uri, answer); },
                      .fail = [this](std::exception_ptr failure) { end(std::move(failure)); }});
    co_await session_->connect();
    for (const std::string& uri : options_.uris) {
        if (!ended_) co_await subscribe(uri);
    }
    all_asked_for_ = true;
    if (lost_ && subscribed_.empty()) end(lost_);
    co_await wait_for_end();
    if (failure_) std::rethrow_exception(failure_);
}

void note_if_pattern(const std::string& uri) {
    if (uri.find('*') == std::string::npos) return;
    std::cerr << "netaio: note: there are no patterns: '" << printable(uri)
              << "' is the one resource of that name; --prefix names all that begin so\n";
}

int subscribe(const SubscribeOptions& options) {
    for (const std::string& uri : options.uris) {
        if (!options.prefix) note_if_pattern(uri);
    }
    const Protection protection = make_protection(options.client.protection);
    return run_session([&]() -> awaitable<void> {
        const auto executor = co_await boost::asio::this_coro::executor;
        Subscription subscription(options, protection, executor);
        co_await subscription.run();
    });
}

}  // namespace

void add_subscribe_command(CLI::App& app, std::function<int()>& chosen) {
    CLI::App* command = app.add_subcommand("subscribe", "Print the notifications of resources");
    const auto options = std::make_shared<SubscribeOptions>();
    add_rest(*command, "URI", options->uris, "the resources")->type_name("")->required();
    command->add_flag("--prefix", options->prefix, "all resources whose uris begin so");
    command->add_flag("--present", options->present, "print what they contain now, too");
    command->add_option("--count", options->count, "end after so many; 0: never")
        ->type_name("N")
        ->check(whole_number(0, UINT64_MAX))
        ->capture_default_str();
    command
        ->add_option("-o", options->client.output.file,
                     "write the content of the latest notification there")
        ->type_name("FILE");
    add_client_options(*command, options->client);
    command->callback([&chosen, command, options] {
        options->bounded_wait = command->count("--timeout") > 0;
        chosen = [options] { return subscribe(*options); };
    });
}

void add_list_command(CLI::App& app, std::function<int()>& chosen) {
    CLI::App* command =
        app.add_subcommand("list", "Print the resources whose uris begin so, and their content");
    const auto options = std::make_shared<SubscribeOptions>();
    options->prefix = options->present = options->list = true;
    options->bounded_wait = true;
    options->uris.emplace_back();
    command->add_option("PREFIX", options->uris.front(), "the beginning of their uris; all without")
        ->type_name("");
    add_client_options(*command, options->client);
    command->callback([&chosen, options] { chosen = [options] { return subscribe(*options); }; });
}

}  // namespace netaio::app
