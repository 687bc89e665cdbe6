#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/stat.h>

#include <fstream>
#include <netaio/chat/vault.hpp>
#include <sstream>

#include "database.hpp"
#include "support/fixed_environment.hpp"
#include "support/temporary_folder.hpp"
#include "vault_records.hpp"

namespace netaio::chat {
namespace {

class VaultTest : public testing::Test {
protected:
    static SecretKey key(unsigned char filled) {
        SecretKey key;
        for (unsigned char& octet : key.octets()) octet = filled;
        return key;
    }
    std::string path() const { return folder_.file("vault.db"); }
    std::unique_ptr<Vault> open(unsigned char of = 1) {
        return std::make_unique<Vault>(path(), key(of), environment_);
    }
    void execute(const std::string& sql) {
        sqlite::Database database(path(), sqlite::DatabaseAccess::existing);
        EXPECT_EQ(database.execute(sql), SQLITE_OK) << database.error_text();
    }
    std::error_code failure(const std::function<void()>& call) {
        try {
            call();
        } catch (const Error& error) {
            said_ = error.what();
            return error.code();
        }
        return {};
    }
    static std::vector<std::string> all(const Vault& vault, std::string_view kind) {
        std::vector<std::string> found;
        vault.each(kind, [&](ByteView name, ByteView value) {
            found.push_back(name.str() + "=" + value.str());
        });
        return found;
    }
    static std::string text_of(const std::vector<KeptLine>& lines) {
        std::string text;
        for (const auto& [number, bytes] : lines) text += std::to_string(number) + bytes + " ";
        return text;
    }

    using Found = std::vector<std::string>;
    netaio::test::TemporaryFolder folder_;
    Environment environment_ = netaio::test::fixed_environment();
    std::string said_;
};

TEST_F(VaultTest, keeps_records_by_kind_and_name) {
    auto vault = open();
    EXPECT_EQ(vault->get("friend", "ann"), std::nullopt);
    vault->put("friend", "ann", "1");
    vault->put("room", "ann", "2");
    vault->put("friend", "", "");
    EXPECT_EQ(vault->get("friend", "ann"), "1");
    EXPECT_EQ(vault->get("room", "ann"), "2");
    EXPECT_EQ(vault->get("friend", ""), "");
    EXPECT_EQ(count_of(*vault, "friend"), 2u);

    vault->put("friend", "ann", std::string(100'000, 'x'));
    vault = nullptr;
    vault = open();
    EXPECT_EQ(vault->get("friend", "ann"), std::string(100'000, 'x'));
    EXPECT_TRUE(vault->erase("friend", "ann"));
    EXPECT_FALSE(vault->erase("friend", "ann"));
    EXPECT_EQ(vault->get("friend", "ann"), std::nullopt);
    EXPECT_EQ(count_of(*vault, "friend"), 1u);
}

TEST_F(VaultTest, goes_through_a_kind_in_the_order_of_first_putting) {
    auto vault = open();
    for (const char* name : {"c", "a", "b"}) vault->put("kind", name, "1");
    vault->put("other", "d", "1");
    vault->put("kind", "c", "2");
    EXPECT_EQ(all(*vault, "kind"), (Found{"c=2", "a=1", "b=1"}));
    vault->each("kind", [&](ByteView, ByteView) {
        EXPECT_EQ(all(*vault, "kind").size(), 3u) << "within each other";
    });
}

TEST_F(VaultTest, numbers_the_lines_of_a_conversation) {
    auto vault = open();
    for (const char* line : {"a", "b", "c", "d"}) vault->append("one", line);
    EXPECT_EQ(vault->append("other", "z"), 1u);
    EXPECT_EQ(vault->append("one", "e"), 5u);
    EXPECT_EQ(text_of(vault->lines("one", 0, 2)), "4d 5e ");
    EXPECT_EQ(text_of(vault->lines("one", 4, 2)), "2b 3c ");
    EXPECT_EQ(text_of(vault->lines("one", 2, 9)), "1a ");
    EXPECT_EQ(text_of(vault->lines("none", 0, 9)), "");
    EXPECT_TRUE(vault->replace("one", 5, "E"));
    EXPECT_FALSE(vault->replace("one", 6, "F"));
    EXPECT_EQ(text_of(vault->lines("one", 0, 1)), "5E ");
}

TEST_F(VaultTest, keeps_a_transaction_as_a_whole_or_not_at_all) {
    auto vault = open();
    {
        Vault::Transaction transaction(*vault);
        vault->put("kind", "a", "1");
        vault->append("talk", "line");
    }
    EXPECT_EQ(count_of(*vault, "kind"), 0u);
    EXPECT_TRUE(vault->lines("talk", 0, 9).empty());
    {
        Vault::Transaction transaction(*vault);
        vault->put("kind", "a", "1");
        transaction.commit();
    }
    vault = nullptr;
    EXPECT_EQ(count_of(*open(), "kind"), 1u);
}

TEST_F(VaultTest, makes_a_transaction_within_another_a_part_of_it) {
    auto vault = open();
    {
        Vault::Transaction outer(*vault);
        vault->put("kind", "a", "1");
        {
            Vault::Transaction undone(*vault);
            vault->put("kind", "b", "1");
        }
        Vault::Transaction inner(*vault);
        vault->put("kind", "c", "1");
        inner.commit();
        outer.commit();
    }
    EXPECT_EQ(all(*vault, "kind"), (Found{"a=1", "c=1"}));
    {
        Vault::Transaction outer(*vault);
        Vault::Transaction inner(*vault);
        vault->put("kind", "d", "1");
        inner.commit();
    }
    EXPECT_EQ(count_of(*vault, "kind"), 2u);
}

TEST_F(VaultTest, tells_nothing_of_what_it_keeps) {
    auto vault = open();
    vault->put("secretkind", "secretname", "secretvalue");
    vault->append("secrettalk", "secretline");
    vault->put("secretkind", "secretname", "secretvalue");
    for (const char* file : {"vault.db", "vault.db-wal"}) {
        std::ifstream stream(folder_.file(file), std::ios::binary);
        std::stringstream content;
        content << stream.rdbuf();
        EXPECT_FALSE(content.str().empty());
        EXPECT_EQ(content.str().find("secret"), std::string::npos) << file;
    }
    struct stat status{};
    ASSERT_EQ(::stat(path().c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777, 0600u);
}

TEST_F(VaultTest, refuses_another_key) {
    open()->put("kind", "a", "1");
    EXPECT_EQ(failure([&] { open(2); }), Errc::decrypt_failed);
    EXPECT_NE(said_.find("belongs to another key; open it with its own"), std::string::npos)
        << said_;
    EXPECT_EQ(open()->get("kind", "a"), "1");
}

TEST_F(VaultTest, is_held_by_one_program) {
    const auto vault = open();
    EXPECT_EQ(failure([&] { open(); }), std::errc::device_or_resource_busy);
    EXPECT_NE(said_.find("another program has it open"), std::string::npos) << said_;
}

TEST_F(VaultTest, notices_values_that_were_changed_or_stand_elsewhere) {
    for (const char* change :
         {"UPDATE records SET sealed = zeroblob(length(sealed)) WHERE id = 1",
          "UPDATE records SET sealed = x'00' WHERE id = 1",
          "UPDATE records SET sealed = (SELECT sealed FROM records WHERE id = 2) WHERE id = 1",
          "UPDATE records SET kind = (SELECT kind FROM records WHERE id = 3) WHERE id = 1",
          "UPDATE records SET name = x'00' WHERE id = 1"}) {
        std::filesystem::remove(path());
        auto vault = open();
        vault->put("kind", "a", "1");
        vault->put("kind", "b", "2");
        vault->put("other", "a", "3");
        vault = nullptr;
        execute(change);
        vault = open();
        EXPECT_EQ(failure([&] {
                      all(*vault, "kind");
                      all(*vault, "other");
                  }),
                  Errc::decrypt_failed)
            << change;
        EXPECT_NE(said_.find("was changed by something else"), std::string::npos) << said_;
    }
}

TEST_F(VaultTest, notices_lines_that_were_changed_or_stand_elsewhere) {
    for (const char* change :
         {"UPDATE lines SET sealed = zeroblob(length(sealed)) WHERE id = 1",
          "UPDATE lines SET number = 9 WHERE id = 1",
          "UPDATE lines SET conversation = (SELECT conversation FROM lines WHERE id = 2), "
          "number = 2 WHERE id = 1"}) {
        std::filesystem::remove(path());
        auto vault = open();
        vault->append("one", "a");
        vault->append("other", "b");
        vault = nullptr;
        execute(change);
        vault = open();
        EXPECT_EQ(failure([&] {
                      vault->lines("one", 0, 9);
                      vault->lines("other", 0, 9);
                  }),
                  Errc::decrypt_failed)
            << change;
    }
}

TEST_F(VaultTest, refuses_what_is_no_vault_or_a_later_one) {
    folder_.write("vault.db", std::string(5'000, 'x'));
    EXPECT_EQ(failure([&] { open(); }), std::errc::io_error);
    std::filesystem::remove(path());
    folder_.write("vault.db", "");
    execute("CREATE TABLE t (a)");
    EXPECT_EQ(failure([&] { open(); }), Errc::malformed);
    EXPECT_NE(said_.find("another program's database"), std::string::npos) << said_;
    std::filesystem::remove(path());
    open();
    execute("PRAGMA user_version = 2");
    EXPECT_EQ(failure([&] { open(); }), Errc::unsupported);
    EXPECT_NE(said_.find("later version"), std::string::npos) << said_;
    EXPECT_EQ(failure([&] { Vault(folder_.file("none/vault.db"), key(1)); }), std::errc::io_error);
}

TEST_F(VaultTest, keeps_nothing_once_its_file_was_replaced) {
    auto vault = open();
    vault->put("kind", "a", "1");
    std::filesystem::remove(path());
    EXPECT_EQ(failure([&] { vault->put("kind", "b", "1"); }), std::errc::io_error);
    EXPECT_NE(said_.find("removed or replaced"), std::string::npos) << said_;
}

TEST_F(VaultTest, lives_in_memory_without_a_file) {
    Vault vault(":memory:", key(1), environment_);
    vault.put("kind", "a", "1");
    EXPECT_EQ(vault.get("kind", "a"), "1");
    EXPECT_FALSE(std::filesystem::exists(":memory:"));
}

}  // namespace
}  // namespace netaio::chat
