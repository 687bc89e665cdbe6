// Any byte code runs, or fails, within its budget: as a script by itself, and as the witness of a
// lock that nothing opens.

#include <array>
#include <cstdint>
#include <cstdlib>
#include <netaio/tapescript/machine.hpp>
#include <string_view>

namespace {

using namespace netaio::tapescript;

void require(bool condition) {
    if (!condition) std::abort();
}

RunOptions options() {
    RunOptions made;
    made.now = 1'700'000'000;
    made.budget = {.operations = 20'000, .bytes = 1'000'000, .work = 2'000};
    made.cache.named["sigfield1"] = std::string("first");
    made.cache.named["sigfield2"] = std::string("second");
    made.cache.named["text"] = Text{"text"};
    made.cache.written["k"] = ValueList{std::string("kept")};
    return made;
}

}  // namespace

// NOLINTNEXTLINE(readability-identifier-naming): the name that libFuzzer calls.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace std::string_view_literals;
    const std::string_view code(reinterpret_cast<const char*>(data), size);
    static const RunOptions with = options();
    static constexpr std::array<std::string_view, 3> items{"\x02"sv, "\x00"sv, "\xff"sv};
    RunOptions started = with;
    started.stack = items;

    const RunResult result = run_script(code, started);
    require(result.used.operations <= with.budget.operations);
    require(result.used.bytes <= with.budget.bytes && result.used.work <= with.budget.work);
    require(result.stack.size() <= with.limits.max_items && result.pointer <= code.size());
    require(result.error || result.pointer == code.size());

    const std::array<std::string_view, 2> scripts{code, "\x00\x20\x01"sv};  // FALSE VERIFY TRUE
    require(!run_auth_scripts(scripts, with));
    return 0;
}
