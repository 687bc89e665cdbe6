#include <netaio/chat/vault.hpp>

#include "vault_tables.hpp"

namespace netaio::chat {

Vault::Vault(const std::string& path, const SecretKey& history_key, Environment environment)
    : tables_(std::make_unique<Tables>(path, history_key, std::move(environment))) {}

Vault::~Vault() = default;

Vault::Transaction::Transaction(Vault& vault) : vault_(vault) {
    vault_.tables_->guarded([&] { vault_.tables_->begin(); });
}

Vault::Transaction::~Transaction() {
    if (!is_done_) vault_.tables_->roll_back();
}

void Vault::Transaction::commit() {
    vault_.tables_->guarded([&] { vault_.tables_->commit(); });
    is_done_ = true;
}

std::optional<std::string> Vault::get(std::string_view kind, ByteView name) const {
    return tables_->guarded([&] { return tables_->get(kind, name); });
}

void Vault::put(std::string_view kind, ByteView name, ByteView value) {
    tables_->change(*this, [&] { tables_->put(kind, name, value); });
}

bool Vault::erase(std::string_view kind, ByteView name) {
    return tables_->change(*this, [&] { return tables_->erase(kind, name); });
}

void Vault::each(std::string_view kind,
                 const std::function<void(ByteView name, ByteView value)>& visit) const {
    tables_->guarded([&] { tables_->each(kind, visit); });
}

std::uint64_t Vault::append(ByteView conversation, ByteView line) {
    return tables_->change(*this, [&] { return tables_->append(conversation, line); });
}

bool Vault::replace(ByteView conversation, std::uint64_t number, ByteView line) {
    return tables_->change(*this, [&] { return tables_->replace(conversation, number, line); });
}

std::vector<KeptLine> Vault::lines(ByteView conversation, std::uint64_t before,
                                   std::size_t max) const {
    return tables_->guarded([&] { return tables_->lines(conversation, before, max); });
}

}  // namespace netaio::chat
