#pragma once

#include <memory>
#include <netaio/chat/vault.hpp>
#include <netaio/environment.hpp>
#include <optional>
#include <string>
#include <type_traits>

#include "database.hpp"
#include "database_file.hpp"
#include "vault_schema.hpp"
#include "vault_seal.hpp"

namespace netaio::chat {

/// The database of a vault, and how deep transactions are within each other.
class Vault::Tables {
public:
    Tables(const std::string& path, const SecretKey& history_key, Environment environment);

    std::optional<std::string> get(std::string_view kind, ByteView name);
    void put(std::string_view kind, ByteView name, ByteView value);
    bool erase(std::string_view kind, ByteView name);
    void each(std::string_view kind, const std::function<void(ByteView, ByteView)>& visit);

    std::uint64_t append(ByteView conversation, ByteView line);
    bool replace(ByteView conversation, std::uint64_t number, ByteView line);
    std::vector<KeptLine> lines(ByteView conversation, std::uint64_t before, std::size_t max);

    void begin();
    void commit();
    void roll_back() noexcept;

    /// Does `work`, and throws Error where SQLite fails.
    template <class Work>
    std::invoke_result_t<const Work&> guarded(const Work& work) {
        try {
            return work();
        } catch (const sqlite::Failed& failed) {
            refuse(failed);
        }
    }

    /// The same for a change, which is kept by itself unless a transaction is open.
    template <class Work>
    std::invoke_result_t<const Work&> change(Vault& vault, const Work& work) {
        std::optional<Transaction> alone;
        if (depth_ == 0) alone.emplace(vault);
        expect_transaction();
        if constexpr (std::is_void_v<std::invoke_result_t<const Work&>>) {
            guarded(work);
            if (alone) alone->commit();
        } else {
            const auto result = guarded(work);
            if (alone) alone->commit();
            return result;
        }
    }

private:
    static std::unique_ptr<sqlite::DatabaseFile> hold(const std::string& path);
    sqlite::Database open_database();
    void prove_key();
    std::string opened(ByteView place, ByteView sealed) const;
    void run(const std::string& sql);
    void expect_transaction() const;
    [[noreturn]] void refuse(const sqlite::Failed& failed) const;
    [[noreturn]] void refuse_changed() const;

    std::string path_;
    Environment environment_;
    VaultSeal seal_;
    std::unique_ptr<sqlite::DatabaseFile> file_;  // none in memory
    sqlite::Database database_;
    VaultQueries queries_{database_};
    std::size_t depth_ = 0;
};

}  // namespace netaio::chat
