#pragma once

#include <cstdint>
#include <netaio/tapescript/opcodes.hpp>
#include <netaio/tapescript/value.hpp>
#include <random>
#include <string>
#include <vector>

namespace netaio::interop {

/// The clock that scripts are made for.
inline constexpr std::int64_t now = 1'700'000'000;

/// A script and what it starts with.
struct MadeScript {
    std::string code;
    std::vector<std::string> stack;
    tapescript::Cache cache;
};

/// Makes random scripts that read well: whole operands, blocks inside each other, and mostly items
/// on the stack that the next operation can use.
class ScriptMaker {
public:
    explicit ScriptMaker(std::uint64_t seed);

    MadeScript make();

private:
    std::string code(int depth, int operations);
    std::string statement(int depth);
    std::string plain(tapescript::Op op);
    std::string block(int depth);
    std::string flow(int depth);
    std::string with_items(tapescript::Op op);
    std::string signature_check();
    std::string cached();

    std::string push(std::string_view bytes);
    std::string item();
    std::string number();
    std::string decimal();
    std::string text();
    std::string scalar();
    std::string point();
    std::string bytes(std::size_t size);
    std::string sized(std::string_view bytes);
    std::string sized2(std::string_view bytes);
    char small() { return static_cast<char>(below(6)); }
    unsigned below(unsigned bound) { return static_cast<unsigned>(random_() % bound); }
    bool one_in(unsigned chances) { return below(chances) == 0; }
    template <class Container>
    const auto& any(const Container& choices) {
        return choices[below(static_cast<unsigned>(choices.size()))];
    }

    std::mt19937_64 random_;
    tapescript::Cache cache_;
    std::vector<std::string> seeds_;
    std::vector<std::string> keys_;
    std::vector<std::string> signatures_;
};

}  // namespace netaio::interop
