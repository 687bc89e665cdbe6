#include <algorithm>

#include "operations.hpp"
#include "run.hpp"

namespace netaio::tapescript::machine {
namespace {

const Contract* find_contract(Machine& m, std::string_view id) {
    const auto found = m.environment().contracts.find(id);
    return found == m.environment().contracts.end() ? nullptr : &found->second;
}

struct Transfer {
    std::string constraint;
    std::string destination;
    std::vector<std::string> sources;
    std::vector<std::string> proofs;
};

bool holds(Machine& m, const Result<bool>& answer, bool& all) {
    if (!answer) return m.fail(answer.error());
    all = all && *answer;
    return true;
}

bool check_proofs(Machine& m, TransferContract& contract, const Transfer& transfer, bool& all) {
    for (std::size_t at = 0; at < transfer.proofs.size(); ++at) {
        const std::string& proof = transfer.proofs[at];
        if (!m.charge_curve()) return false;
        const bool asked =
            holds(m, contract.verify_txn_proof(proof), all) &&
            holds(m, contract.verify_transfer(proof, transfer.sources[at], transfer.destination),
                  all) &&
            (transfer.constraint.empty() ||
             holds(m, contract.verify_txn_constraint(proof, transfer.constraint), all));
        if (!asked) return false;
    }
    return true;
}

}  // namespace

bool check_transfer(Machine& m) {
    std::string id;
    Integer amount;
    Transfer transfer;
    std::string_view count;
    if (!m.pop(id) || !m.pop_integer(amount) || !m.pop(transfer.constraint) ||
        !m.pop(transfer.destination) || !m.pop(count)) {
        return false;
    }
    const Integer transfers = to_unsigned(count);
    if (!m.pop(transfers, transfer.sources) || !m.pop(transfers, transfer.proofs)) {
        return false;
    }
    const Contract* contract = find_contract(m, id);
    if (!contract) return m.fail("OP_CHECK_TRANSFER missing contract");
    if (!contract->transfer) {
        return m.fail("contract must implement the CanCheckTransfer interface");
    }
    bool all = true;
    if (!check_proofs(m, *contract->transfer, transfer, all)) return false;
    if (!m.charge_curve()) return false;
    const auto moved =
        contract->transfer->calc_txn_aggregate(transfer.proofs, transfer.destination);
    if (!moved) return m.fail(moved.error());
    return m.push_bool(all && amount <= *moved);
}

bool invoke(Machine& m) {
    constexpr unsigned keep_results_flag = 0;
    std::string id;
    Integer count;
    if (!m.pop(id) || !m.pop_integer(count)) return false;
    if (count < 0) return m.fail("OP_INVOKE invalid argcount encountered");
    std::vector<std::string> arguments;
    if (!m.pop(count, arguments)) return false;
    const Contract* contract = find_contract(m, id);
    if (!contract) return m.fail("OP_INVOKE unknown contract");
    if (!contract->invocable) return m.fail("contract must implement the CanBeInvoked interface");
    if (!m.charge_curve()) return false;
    const auto results = contract->invocable->abi(arguments);
    if (!results) return m.fail(results.error());
    if (!*results) return true;
    std::size_t size = 0;
    for (const std::string& result : **results) {
        if (!m.push(result)) return false;
        size += result.size();
    }
    if (!m.flags().allows(keep_results_flag)) return true;
    ValueList* kept = m.keep_list("IR", (*results)->size(), size);
    if (!kept) return false;
    std::ranges::copy(**results, kept->begin());
    return true;
}

}  // namespace netaio::tapescript::machine
