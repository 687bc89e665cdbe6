#include "query.hpp"

#include <sqlite3.h>

namespace netaio::sqlite {

Failed::Failed(const Database& database)
    : runtime_error(database.error_text()), code_(sqlite3_errcode(database.handle())) {}

Query::Query(Database& database, const char* sql) : database_(database), statement_(database, sql) {
    if (!statement_.ready()) fail();
}

bool Query::Rows::next() {
    const int result = query_.statement_.step();
    if (result != SQLITE_ROW && result != SQLITE_DONE) query_.fail();
    return result == SQLITE_ROW;
}

void Query::fail() const {
    throw Failed(database_);
}

Transaction::Transaction(Database& database) : database_(database) {
    if (database_.execute("BEGIN IMMEDIATE") != SQLITE_OK) throw Failed(database_);
}

Transaction::~Transaction() {
    if (database_.in_transaction()) database_.execute("ROLLBACK");
}

void Transaction::commit() {
    if (database_.execute("COMMIT") != SQLITE_OK) throw Failed(database_);
}

}  // namespace netaio::sqlite
