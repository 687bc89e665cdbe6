#pragma once

#include <CLI/CLI.hpp>
#include <array>
#include <cstdint>
#include <netaio/tapescript/machine.hpp>
#include <netaio/tapescript/signing.hpp>
#include <optional>
#include <string>

namespace netaio::app {

/// What a script finds when it runs, as given on the command line.
struct RunArguments {
    std::string cache_file;
    std::array<std::optional<std::string>, 8> sigfields;
    std::optional<std::int64_t> now;
    bool unlimited = false;
};

/// What times may be, and seconds since 1970.
CLI::Validator seconds_range();

/// --cache, --sigfield1 to --sigfield8.
void add_field_options(CLI::App& command, RunArguments& arguments);
/// These, --now and --unlimited.
void add_run_options(CLI::App& command, RunArguments& arguments);

/// What to run with. Throws Failure when a file cannot be read.
tapescript::RunOptions run_options(const RunArguments& arguments);
/// The fields that a signature covers, those of the cache file among them.
tapescript::SigFields sig_fields(const RunArguments& arguments);

}  // namespace netaio::app
