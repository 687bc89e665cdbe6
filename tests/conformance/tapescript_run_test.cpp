#include <gtest/gtest.h>

#include <algorithm>
#include <netaio/tapescript/machine.hpp>

#include "divergences.hpp"
#include "tapescript_values.hpp"

namespace netaio::tapescript_run_cases {
namespace {

using tapescript::RunResult;
using vectors::Json;

// What ours does where the case is listed: `not representable`, or what a script reads at E.
std::string_view ours_in(const Json& one) {
    const auto* entry = divergences::find("tapescript_run", one.at("name").get<std::string>());
    return entry ? entry->ours : std::string_view();
}

std::vector<std::string> items_of(const Json& stack) {
    std::vector<std::string> items;
    for (const Json& item : stack) {
        items.push_back(item.is_string() ? vectors::from_hex(item.get<std::string>())
                                         : vectors::bytes_field(Json::array({item})));
    }
    return items;
}

std::vector<std::string> to_hex(const std::vector<std::string>& items) {
    std::vector<std::string> texts;
    std::ranges::transform(items, std::back_inserter(texts), vectors::to_hex);
    return texts;
}

RunResult run(const Json& one) {
    const auto code = vectors::bytes_field(one.at("script"));
    const auto items = items_of(one.value("stack", Json::array()));
    const std::vector<std::string_view> views(items.begin(), items.end());
    auto options = vectors::run_options(one);
    options.stack = views;
    return tapescript::run_script(code, options);
}

tapescript::Cache expected_cache(const Json& one) {
    return vectors::run_options({{"cache", one.at("expect").at("cache")}}).cache;
}

// Puts the text that ours leaves at E where the reference's is, which has the same type.
void expect_our_text(std::string_view ours, tapescript::Cache& cache,
                     std::vector<std::string>& stack) {
    const auto caught = cache.written.find("E");
    if (ours.empty() || caught == cache.written.end()) return;
    const std::string theirs = *caught->second.list()->front().bytes();
    if (!theirs.starts_with(ours.substr(0, ours.find('|') + 1))) return;
    std::ranges::replace(stack, theirs, std::string(ours));
    caught->second = tapescript::ValueList{std::string(ours)};
}

tapescript::Flags expected_flags(const Json& one) {
    const Json& expect = one.at("expect");
    if (expect.contains("flags")) {
        return vectors::run_options({{"flags", expect.at("flags")}}).flags;
    }
    return tapescript::run_script("").flags;
}

std::vector<std::uint8_t> expected_definitions(const Json& one) {
    std::vector<std::uint8_t> handles;
    for (const Json& handle : one.at("expect").value("definitions", Json::array())) {
        handles.push_back(
            static_cast<std::uint8_t>(vectors::from_hex(handle.get<std::string>()).front()));
    }
    std::ranges::sort(handles);
    return handles;
}

void check_error(const Json& expect, const RunResult& result) {
    ASSERT_EQ(result.error.has_value(), !expect.at("ok").get<bool>())
        << (result.error ? result.error->serialized() : "went well");
    if (!result.error) return;
    const Json& error = expect.at("error");
    EXPECT_EQ(result.error->type, error.at("type").get<std::string>());
    if (error.at("own").get<bool>()) {
        EXPECT_EQ(result.error->text, error.at("message").get<std::string>());
    }
}

void check_run(const Json& one) {
    if (ours_in(one) == "not representable") return;
    const RunResult result = run(one);
    const Json& expect = one.at("expect");
    check_error(expect, result);
    auto stack = items_of(expect.at("stack"));
    auto cache = expected_cache(one);
    expect_our_text(ours_in(one), cache, stack);
    EXPECT_EQ(to_hex(result.stack.items()), to_hex(stack));
    EXPECT_TRUE(result.cache == cache);
    EXPECT_TRUE(result.flags == expected_flags(one));
    EXPECT_EQ(result.definitions, expected_definitions(one));
    EXPECT_EQ(result.callstack_count, expect.value("callstack_count", std::int64_t{0}));
    const auto consumed = vectors::bytes_field(one.at("script")).size();
    EXPECT_EQ(result.pointer, expect.value("pointer", consumed));
}

TEST(TapescriptRunVectors, EndAsInTheReference) {
    vectors::for_each_case("tapescript_run", "", check_run);
}

TEST(TapescriptRunVectors, EndAsInTheReferencesOwnTests) {
    vectors::for_each_reference_case("tapescript_run", "", check_run);
}

}  // namespace
}  // namespace netaio::tapescript_run_cases
