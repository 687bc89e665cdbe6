#include <array>
#include <netaio/tapescript/opens.hpp>
#include <netaio/tapescript/signing.hpp>
#include <stdexcept>

#include "assembler.hpp"

namespace netaio::tapescript {
namespace {

using Fields = std::array<const std::optional<std::string>*, 8>;

Fields all(const SigFields& fields) noexcept {
    return {&fields.sigfield1, &fields.sigfield2, &fields.sigfield3, &fields.sigfield4,
            &fields.sigfield5, &fields.sigfield6, &fields.sigfield7, &fields.sigfield8};
}

std::string joined(const SigFields& fields, std::uint8_t sigflags) {
    std::string message;
    unsigned bit = 1;
    for (const auto* field : all(fields)) {
        if (field->has_value() && (sigflags & bit) == 0) message += **field;
        bit <<= 1;
    }
    return message;
}

void put(const SigFields& fields, Cache& cache) {
    std::string name = "sigfield1";
    for (const auto* field : all(fields)) {
        if (field->has_value()) cache.named.insert_or_assign(name, **field);
        ++name.back();
    }
}

// What a script finds after the prefix and the extensions.
std::string extended(const SigFields& fields, const SignOptions& options) {
    RunOptions run{.environment = options.environment};
    run.limits.max_item_size = options.max_message_size;
    put(fields, run.cache);
    const Script code =
        options.prefix + tools::Assembler().op(Op::get_message, {options.sigflags}).script();
    const RunResult result = run_script(code.code, run);
    if (result.error) {
        throw std::invalid_argument("nothing to sign: " + result.error->text);
    }
    return std::string(result.stack.peek());
}

}  // namespace

bool SigFields::empty() const noexcept {
    for (const auto* field : all(*this)) {
        if (field->has_value()) return false;
    }
    return true;
}

std::string message_to_sign(const SigFields& fields, const SignOptions& options) {
    const bool runs = !options.prefix.code.empty() ||
                      (options.environment && !options.environment->signature_extensions.empty());
    std::string message = runs ? extended(fields, options) : joined(fields, options.sigflags);
    if (message.size() > options.max_message_size) {
        throw std::length_error("the fields to sign have " + std::to_string(message.size()) +
                                " bytes together, more than the " +
                                std::to_string(options.max_message_size) + " of a stack item");
    }
    return message;
}

std::string sign(const SigningKey& key, const SigFields& fields, const SignOptions& options) {
    std::string signature = key.sign(message_to_sign(fields, options));
    if (options.sigflags != 0) signature += static_cast<char>(options.sigflags);
    return signature;
}

bool opens(const Script& lock, const Script& witness, const SigFields& fields, RunOptions options) {
    put(fields, options.cache);
    return run_auth_scripts(std::array<std::string_view, 2>{witness.code, lock.code}, options);
}

}  // namespace netaio::tapescript
