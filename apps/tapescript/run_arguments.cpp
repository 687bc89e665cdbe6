#include "run_arguments.hpp"

#include "cache_file.hpp"
#include "scripts.hpp"
#include "values.hpp"

namespace netaio::app {
namespace {

std::string field_name(std::size_t index) {
    return "sigfield" + std::to_string(index + 1);
}

tapescript::Cache cache_of(const RunArguments& arguments) {
    tapescript::Cache cache;
    if (!arguments.cache_file.empty()) cache = read_cache_file(arguments.cache_file);
    for (std::size_t i = 0; i < arguments.sigfields.size(); ++i) {
        const auto& field = arguments.sigfields[i];
        if (field) cache.named[field_name(i)] = tapescript::Value(read_value(*field));
    }
    return cache;
}

}  // namespace

CLI::Validator seconds_range() {
    // Until the end of the year 9999; a sum of two is far from what overflows.
    return whole_number(0, 253402300799);
}

void add_field_options(CLI::App& command, RunArguments& arguments) {
    command.add_option("--cache", arguments.cache_file, "what the scripts find, as JSON")
        ->type_name("FILE")
        ->group("Cache");
    for (std::size_t i = 0; i < arguments.sigfields.size(); ++i) {
        command
            .add_option("--" + field_name(i), arguments.sigfields[i],
                        "what signatures cover, part " + std::to_string(i + 1))
            ->type_name("VALUE")
            ->group("Cache");
    }
}

void add_run_options(CLI::App& command, RunArguments& arguments) {
    add_field_options(command, arguments);
    command.add_option("--now", arguments.now, "the clock, in seconds since 1970; the machine's")
        ->type_name("SECONDS")
        ->check(seconds_range());
    command.add_flag("--unlimited", arguments.unlimited,
                     "let scripts compute as long as they want to");
}

tapescript::RunOptions run_options(const RunArguments& arguments) {
    tapescript::RunOptions options;
    options.cache = cache_of(arguments);
    options.now = arguments.now;
    if (arguments.unlimited) options.budget = tapescript::Budget::unlimited();
    return options;
}

tapescript::SigFields sig_fields(const RunArguments& arguments) {
    const tapescript::Cache cache = cache_of(arguments);
    tapescript::SigFields fields;
    const std::array all = {&fields.sigfield1, &fields.sigfield2, &fields.sigfield3,
                            &fields.sigfield4, &fields.sigfield5, &fields.sigfield6,
                            &fields.sigfield7, &fields.sigfield8};
    for (std::size_t i = 0; i < all.size(); ++i) {
        const auto field = cache.named.find(field_name(i));
        const std::string* bytes = field == cache.named.end() ? nullptr : field->second.bytes();
        if (bytes) *all[i] = *bytes;
    }
    return fields;
}

}  // namespace netaio::app
