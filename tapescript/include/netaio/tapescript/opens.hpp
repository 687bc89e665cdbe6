#pragma once

#include <netaio/tapescript/machine.hpp>
#include <netaio/tapescript/signing.hpp>

namespace netaio::tapescript {

/// Whether a witness opens a lock when these fields are signed: run_auth_scripts() of witness and
/// lock, with the fields in the cache beside what `options` has there.
bool opens(const Script& lock, const Script& witness, const SigFields& fields,
           RunOptions options = {});

}  // namespace netaio::tapescript
