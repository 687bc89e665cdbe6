#include "flag_set.hpp"

namespace netaio::tapescript::machine {
namespace {

constexpr unsigned numbered = 11;

struct Truth {
    bool operator()(std::monostate) const { return false; }
    bool operator()(bool value) const { return value; }
    bool operator()(const Integer& number) const { return !number.is_zero(); }
    bool operator()(double number) const { return number != 0; }
    bool operator()(const std::string& bytes) const { return !bytes.empty(); }
    bool operator()(const Text& text) const { return !text.utf8.empty(); }
    bool operator()(const ValueList& list) const { return !list.empty(); }
};

}  // namespace

bool is_true(const Value& value) {
    return std::visit(Truth{}, static_cast<const Value::variant&>(value));
}

const Flags& default_flags() {
    static const Flags defaults = [] {
        Flags flags{{"ts_threshold", Integer(60)}, {"epoch_threshold", Integer(60)}};
        for (unsigned number = 0; number < numbered; ++number) {
            flags[std::int64_t{number}] = true;
        }
        return flags;
    }();
    return defaults;
}

FlagSet::FlagSet(const Flags& flags) {
    for (const auto& [key, value] : flags) {
        if (const auto* number = std::get_if<std::int64_t>(&key)) {
            if (*number < 0 || *number >= std::int64_t{numbered}) continue;
            const std::uint32_t bit = std::uint32_t{1} << *number;
            allowed = is_true(value) ? allowed | bit : allowed & ~bit;
            continue;
        }
        const std::string& name = std::get<std::string>(key);
        if (name == "ts_threshold") ts_threshold = value;
        if (name == "epoch_threshold") epoch_threshold = value;
        if (name == "disallow_OP_EVAL") disallow_eval = true;
        if (name == "eval_return") eval_return = is_true(value);
    }
}

}  // namespace netaio::tapescript::machine
