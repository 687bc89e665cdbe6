#include <netaio/tapescript/opcodes.hpp>
#include <netaio/tapescript/sigflags.hpp>
#include <vector>

namespace netaio::tapescript {
namespace {

// Code that is read operation by operation. What ends within one is read as if nothing followed.
class Walk {
public:
    explicit Walk(std::string_view code) : blocks_{code} {}

    std::uint8_t run() {
        while (!blocks_.empty()) {
            rest_ = blocks_.back();
            blocks_.pop_back();
            while (!rest_.empty()) operation();
        }
        return flags_;
    }

private:
    std::string_view take(std::size_t size) {
        const std::string_view taken = rest_.substr(0, size);
        rest_.remove_prefix(taken.size());
        return taken;
    }
    std::size_t number(std::size_t size) {
        std::size_t value = 0;
        for (const char c : take(size)) value = value << 8 | static_cast<unsigned char>(c);
        return value;
    }
    void block() { blocks_.push_back(take(number(2))); }

    void operation() {
        const auto code = static_cast<std::uint8_t>(number(1));
        switch (opcode_info(code).operands) {
            case Operands::none: break;
            case Operands::byte: byte(static_cast<Op>(code)); break;
            case Operands::two_bytes: take(2); break;
            case Operands::three_bytes:  // of the checks of several signatures alone
                flags_ |= static_cast<std::uint8_t>(number(1));
                take(2);
                break;
            case Operands::float32: take(4); break;
            case Operands::root: take(32); break;
            case Operands::sized: take(number(1)); break;
            case Operands::sized2: take(number(2)); break;
            case Operands::cache_slot:
                take(number(1));
                take(1);
                break;
            case Operands::definition:
                take(1);
                block();
                break;
            case Operands::block: block(); break;
            case Operands::two_blocks: block(); block();
        }
    }
    void byte(Op op) {
        const auto value = static_cast<std::uint8_t>(number(1));
        switch (op) {
            case Op::get_message:
            case Op::check_sig:
            case Op::check_sig_verify:
            case Op::taproot: flags_ |= value; break;
            default: break;
        }
    }

    std::vector<std::string_view> blocks_;  // still to be read
    std::string_view rest_;
    std::uint8_t flags_ = 0;
};

}  // namespace

std::uint8_t allowed_sigflags(std::string_view code) {
    return Walk(code).run();
}

}  // namespace netaio::tapescript
