#pragma once

/// All makers of locks and witnesses, and whether these open those.
#include <netaio/tapescript/adapter.hpp>
#include <netaio/tapescript/amhl.hpp>
#include <netaio/tapescript/delegation.hpp>
#include <netaio/tapescript/graftroot.hpp>
#include <netaio/tapescript/htlc.hpp>
#include <netaio/tapescript/opens.hpp>
#include <netaio/tapescript/script_hash.hpp>
#include <netaio/tapescript/single_sig.hpp>
#include <netaio/tapescript/taproot.hpp>
#include <netaio/tapescript/time_lock.hpp>
#include <netaio/tapescript/tree.hpp>
