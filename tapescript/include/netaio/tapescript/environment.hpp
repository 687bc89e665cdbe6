#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <netaio/tapescript/error.hpp>
#include <netaio/tapescript/stack.hpp>
#include <netaio/tapescript/value.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace netaio::tapescript {

struct Environment;

/// What OP_CHECK_TRANSFER asks a contract. Implementations must not throw: an Error fails the
/// script.
class TransferContract {
public:
    virtual ~TransferContract() = default;
    /// Whether a proof of a transaction is valid.
    virtual Result<bool> verify_txn_proof(std::string_view proof) = 0;
    /// Whether it proves a transfer from a source to a destination.
    virtual Result<bool> verify_transfer(std::string_view proof, std::string_view source,
                                         std::string_view destination) = 0;
    /// Whether it keeps to a constraint.
    virtual Result<bool> verify_txn_constraint(std::string_view proof,
                                               std::string_view constraint) = 0;
    /// The sum of what the transactions moved to a destination; negative for what they took.
    virtual Result<Integer> calc_txn_aggregate(std::span<const std::string> proofs,
                                               std::string_view destination) = 0;
};

/// What OP_INVOKE calls. Implementations must not throw: an Error fails the script.
class InvocableContract {
public:
    virtual ~InvocableContract() = default;
    /// Takes the arguments, top item first; what it returns is put on the stack in that order.
    virtual Result<std::optional<std::vector<std::string>>> abi(
        std::span<const std::string> arguments) = 0;
};

/// A contract: it offers one interface or both.
struct Contract {
    std::shared_ptr<TransferContract> transfer = nullptr;
    std::shared_ptr<InvocableContract> invocable = nullptr;
};

/// What a plugin or soft fork sees of a run: everything but other scripts' code.
struct OpContext {
    /// Code still to be read; what is removed from its front is read. Empty for plugins.
    std::string_view& tape;
    Stack& stack;
    Cache& cache;
    const Environment& environment;
};

/// Reads and changes stack and cache; what it returns says, for a "check_template" plugin, whether
/// the template fits, and means nothing elsewhere. Must not throw: an Error fails the script.
using Plugin = std::function<Result<bool>(OpContext&)>;

/// An operation that takes the place of a NOP. Its code must not be one of the language's own.
struct SoftFork {
    /// Upper case, with the prefix "OP_".
    std::string name;
    std::vector<std::string> aliases = {};
    /// Reads operands from the tape's front and does its work. An Error fails the script.
    std::function<Result<void>(OpContext&)> run;
};

/// What a program gives to its scripts. A plain value; may be shared by runs in several threads
/// when what it holds may.
struct Environment {
    /// By contract id.
    std::map<std::string, Contract, std::less<>> contracts = {};
    /// Run before signatures are made and checked and messages put together (scope
    /// "signature_extensions").
    std::vector<Plugin> signature_extensions = {};
    /// Run by OP_CHECK_TEMPLATE on a stack of the signature field and, on top, the template. With
    /// none, both must be the same.
    std::vector<Plugin> check_template = {};
    /// By byte code, from op_count on.
    std::map<std::uint8_t, SoftFork> soft_forks = {};
};

}  // namespace netaio::tapescript
