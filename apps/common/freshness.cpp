#include "freshness.hpp"

#include "duration.hpp"

namespace netaio::app {

std::chrono::milliseconds FreshnessOptions::age() const {
    return max_age ? to_milliseconds(*max_age) : never;
}

std::chrono::milliseconds FreshnessOptions::ahead() const {
    return to_milliseconds(max_ahead.value_or(10));
}

void add_freshness_options(CLI::App& command, FreshnessOptions& options, const std::string& group) {
    command
        .add_option("--max-age", options.max_age,
                    "refuse what is older, or came before; clocks must agree")
        ->type_name("SECONDS")
        ->transform(time_span(0.001, 31536000))
        ->group(group);
    command
        .add_option("--max-ahead", options.max_ahead,
                    "and those dated so far ahead of the clock here, 10 unless given")
        ->type_name("SECONDS")
        ->transform(time_span(0, 3600))
        ->group(group);
}

void add_mark_option(CLI::App& command, FreshnessOptions& options) {
    command
        .add_option("--seen-mark", options.mark,
                    "what a clean stop leaves for the next start; STORE.seen by default")
        ->type_name("FILE");
}

std::shared_ptr<SeenMessages> make_seen(const FreshnessOptions& options) {
    return std::make_shared<SeenMessages>(
        SeenOptions{.max_ahead = options.ahead(), .ran_before = false});
}

}  // namespace netaio::app
