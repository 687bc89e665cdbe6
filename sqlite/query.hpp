#pragma once

#include <cstdint>
#include <netaio/bytes.hpp>
#include <stdexcept>

#include "database.hpp"

namespace netaio::sqlite {

/// What SQLite says when something fails.
class Failed : public std::runtime_error {
public:
    /// Of the last call.
    explicit Failed(const Database& database);

    /// SQLite's result code, without its details.
    int code() const noexcept { return code_; }

private:
    int code_;
};

/// A prepared statement that throws Failed where a Statement returns SQLite's error.
class Query {
public:
    Query(Database& database, const char* sql);

    /// The rows of one use of it, one after the other.
    class Rows {
    public:
        template <class... Parameters>
        explicit Rows(Query& query, const Parameters&... parameters)
            : query_(query), use_(query.statement_) {
            int at = 0;
            if (!(query.statement_.bind(++at, parameters) && ...)) query.fail();
        }

        /// Goes to the first row, or to the next; false when there is none.
        bool next();
        /// Of the row: a view until the next one.
        ByteView bytes(int column = 0) const noexcept { return query_.statement_.bytes(column); }
        std::int64_t number(int column = 0) const noexcept {
            return query_.statement_.number(column);
        }

    private:
        Query& query_;
        Statement::Use use_;
    };

    /// Runs it with these parameters, each bytes or a number, which must live until the rows go.
    template <class... Parameters>
    Rows rows(const Parameters&... parameters) {
        return Rows(*this, parameters...);
    }
    /// Runs it to its end.
    template <class... Parameters>
    void run(const Parameters&... parameters) {
        Rows rows(*this, parameters...);
        while (rows.next()) {
        }
    }

private:
    [[noreturn]] void fail() const;

    Database& database_;
    Statement statement_;
};

/// Changes that are made together: undone when it goes, but for commit().
class Transaction {
public:
    explicit Transaction(Database& database);
    ~Transaction();
    Transaction(const Transaction&) = delete;
    Transaction& operator=(const Transaction&) = delete;

    void commit();

private:
    Database& database_;
};

}  // namespace netaio::sqlite
