#pragma once

#include <CLI/CLI.hpp>
#include <netaio/environment.hpp>
#include <netaio/never.hpp>
#include <netaio/seen_messages.hpp>
#include <optional>
#include <string>

namespace netaio::app {

/// The options for messages that must be new, as given. Times are in seconds.
struct FreshnessOptions {
    std::optional<double> max_age;
    std::optional<double> max_ahead;
    std::string mark;  // of commands that stay

    /// `never` where it was not given.
    std::chrono::milliseconds age() const;
    /// 10 seconds where it was not given.
    std::chrono::milliseconds ahead() const;
    /// Whether there is anything beside `max_age`.
    bool is_partial() const noexcept { return max_ahead || !mark.empty(); }
};

void add_freshness_options(CLI::App& command, FreshnessOptions& options, const std::string& group);
/// Adds --seen-mark, for commands that serve what is in a store.
void add_mark_option(CLI::App& command, FreshnessOptions& options);

/// What plugins are told of that.
struct FreshTerms {
    std::chrono::milliseconds max_age = never;
    std::shared_ptr<SeenMessages> seen = nullptr;
};

/// A table of messages for a command that begins anew each time.
std::shared_ptr<SeenMessages> make_seen(const FreshnessOptions& options);

}  // namespace netaio::app
