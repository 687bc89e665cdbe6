#include <netaio/tapescript/bytes.hpp>
#include <netaio/tapescript/decompiler.hpp>
#include <netaio/tapescript/opcodes.hpp>
#include <netaio/tapescript/value.hpp>
#include <utility>

namespace netaio::tapescript {
namespace {

// A block whose end is still to come.
struct Block {
    std::string_view rest;
    std::string_view second;  // the other clause, when there is one
    std::string_view between;
    bool is_open = true;  // false for the script itself
};

class Decompiler {
public:
    Decompiler(std::string_view code, const DecompileOptions& options)
        : code_(code), options_(options), blocks_{{code, {}, {}, false}} {}

    Result<std::vector<std::string>> run() {
        while (!blocks_.empty() && !error_) {
            if (blocks_.back().rest.empty()) {
                end_block();
            } else {
                operation();
            }
        }
        if (error_) return *std::move(error_);
        return std::move(lines_);
    }

private:
    std::string read(std::size_t size) { return std::string(read_view(size)); }
    std::string_view read_view(std::size_t size) {
        std::string_view& rest = blocks_.back().rest;
        if (rest.size() < size) {
            fail("ScriptExecutionError", name_ + " at byte " + std::to_string(start_) +
                                             " goes on behind the end of its " +
                                             (blocks_.size() > 1 ? "block" : "script"));
            rest = {};
            return {};
        }
        const std::string_view bytes = rest.substr(0, size);
        rest.remove_prefix(size);
        return bytes;
    }
    std::size_t read_number(std::size_t size) {
        std::size_t number = 0;
        for (const char c : read_view(size)) number = number << 8 | static_cast<unsigned char>(c);
        return number;
    }
    std::string decimal(std::size_t size) { return " d" + std::to_string(read_number(size)); }
    std::string hex(std::size_t size) { return " x" + to_hex(read_view(size)); }

    void operation();
    std::string operands(std::uint8_t opcode);
    std::string byte(std::uint8_t opcode);
    std::string sized(Op op);
    void open(std::uint8_t opcode);
    void end_block();
    void line(const std::string& text);
    void fail(std::string type, std::string text) {
        if (!error_) error_ = Error{std::move(type), std::move(text)};
    }

    std::string_view code_;
    const DecompileOptions& options_;
    std::vector<Block> blocks_;
    std::vector<std::string> lines_;
    std::size_t text_size_ = 0;
    std::optional<Error> error_;
    std::string name_;       // of the operation
    std::size_t start_ = 0;  // where it begins
};

void Decompiler::operation() {
    start_ = static_cast<std::size_t>(blocks_.back().rest.data() - code_.data());
    const auto opcode = static_cast<std::uint8_t>(read_number(1));
    name_ = opcode_info(opcode).name;
    switch (opcode_info(opcode).operands) {
        case Operands::definition:
        case Operands::block:
        case Operands::two_blocks: return open(opcode);
        default: break;
    }
    const std::string shown = operands(opcode);
    line(name_ + shown);
}

std::string Decompiler::operands(std::uint8_t opcode) {
    switch (opcode_info(opcode).operands) {
        case Operands::byte: return byte(opcode);
        case Operands::two_bytes: {
            std::string first = decimal(1);
            return first + decimal(1);
        }
        case Operands::three_bytes: {
            std::string first = hex(1);
            first += decimal(1);
            return first + decimal(1);
        }
        case Operands::float32: return hex(4);
        case Operands::root: return hex(32);
        case Operands::sized: return sized(static_cast<Op>(opcode));
        case Operands::sized2: {
            const std::size_t size = read_number(2);
            return " d" + std::to_string(size) + hex(size);
        }
        case Operands::cache_slot: {
            std::string key = hex(read_number(1));
            return key + decimal(1);
        }
        default: return "";
    }
}

std::string Decompiler::byte(std::uint8_t opcode) {
    if (opcode_info(opcode).is_nop) {
        if (options_.environment) {
            const auto fork = options_.environment->soft_forks.find(opcode);
            if (fork != options_.environment->soft_forks.end()) name_ = fork->second.name;
        }
        return decimal(1);
    }
    switch (static_cast<Op>(opcode)) {
        case Op::get_message:
        case Op::check_sig:
        case Op::check_sig_verify:
        case Op::sign:
        case Op::check_template:
        case Op::check_template_verify:
        case Op::taproot: return hex(1);
        default: return " d" + std::to_string(static_cast<std::int8_t>(read_number(1)));
    }
}

std::string Decompiler::sized(Op op) {
    const std::size_t size = read_number(1);
    if (op == Op::push1) return " d" + std::to_string(size) + hex(size);
    if (op != Op::div_int && op != Op::mod_int) return hex(size);
    if (size == 0)
        fail("ValueError", name_ + " at byte " + std::to_string(start_) + " has no number");
    return " d" + to_integer(read_view(size)).str();
}

void Decompiler::open(std::uint8_t opcode) {
    const auto op = static_cast<Op>(opcode);
    std::string head = op == Op::if_else ? "OP_IF" : op == Op::try_except ? "OP_TRY" : name_;
    if (op == Op::def) head += ' ' + std::to_string(read_number(1));
    Block block;
    block.rest = read_view(read_number(2));
    if (opcode_info(opcode).operands == Operands::two_blocks) {
        block.second = read_view(read_number(2));
        block.between = op == Op::if_else ? "} ELSE {" : "} EXCEPT {";
        // An empty EXCEPT is left out, an empty ELSE is not.
        if (op == Op::try_except && block.second.empty()) block.between = {};
    }
    if (blocks_.size() > options_.depth) {
        fail("ScriptExecutionError",
             "more than " + std::to_string(options_.depth) + " blocks inside each other");
    }
    line(head + " {");
    blocks_.push_back(block);
}

void Decompiler::end_block() {
    Block ended = blocks_.back();
    blocks_.pop_back();
    if (!ended.is_open) return;
    line(ended.between.empty() ? "}" : std::string(ended.between));
    if (!ended.between.empty()) blocks_.push_back({ended.second, {}, {}});
}

void Decompiler::line(const std::string& text) {
    constexpr std::size_t indent = 4;
    if (error_) return;
    lines_.push_back(std::string(indent * (blocks_.size() - 1), ' ') + text);
    text_size_ += lines_.back().size();
    if (text_size_ > options_.text_size) {
        fail("ScriptExecutionError",
             "more than " + std::to_string(options_.text_size) + " bytes of source text");
    }
}

}  // namespace

Result<std::vector<std::string>> decompile(std::string_view code, const DecompileOptions& options) {
    return Decompiler(code, options).run();
}

}  // namespace netaio::tapescript
