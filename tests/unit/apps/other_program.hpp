#pragma once

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <string>

namespace netaio::app {

// Another program that has a database open, such as one of SQLite's own.
class OtherProgram {
public:
    explicit OtherProgram(const std::string& path) { sqlite3_open(path.c_str(), &database_); }
    ~OtherProgram() { sqlite3_close(database_); }
    OtherProgram(const OtherProgram&) = delete;
    OtherProgram& operator=(const OtherProgram&) = delete;

    void execute(const std::string& sql) {
        EXPECT_EQ(sqlite3_exec(database_, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK)
            << sqlite3_errmsg(database_);
    }
    // Whether there is a resource of this uri, and of this content if one is given.
    bool sees(const std::string& uri, const std::string& content = "%") {
        const std::string sql = "SELECT 1 FROM resources WHERE CAST(uri AS TEXT) = '" + uri +
                                "' AND CAST(content AS TEXT) LIKE '" + content + "'";
        bool found = false;
        const auto take = [](void* seen, int, char**, char**) {
            *static_cast<bool*>(seen) = true;
            return 0;
        };
        EXPECT_EQ(sqlite3_exec(database_, sql.c_str(), take, &found, nullptr), SQLITE_OK)
            << sqlite3_errmsg(database_);
        return found;
    }

private:
    sqlite3* database_ = nullptr;
};

}  // namespace netaio::app
