#pragma once

/// All of netaio but <netaio/tapescript_auth.hpp>, which brings a language with it, and
/// <netaio/testing.hpp>.
#include <netaio/access_rules.hpp>
#include <netaio/blocking_client.hpp>
#include <netaio/combined_auth.hpp>
#include <netaio/daemon_client.hpp>
#include <netaio/default_peer.hpp>
#include <netaio/frame.hpp>
#include <netaio/hashcash_auth.hpp>
#include <netaio/hmac_auth.hpp>
#include <netaio/identity.hpp>
#include <netaio/keep_connected.hpp>
#include <netaio/make.hpp>
#include <netaio/packify.hpp>
#include <netaio/reconnect.hpp>
#include <netaio/requester.hpp>
#include <netaio/run.hpp>
#include <netaio/session.hpp>
#include <netaio/shared_client.hpp>
#include <netaio/stream_cipher.hpp>
#include <netaio/tcp_client.hpp>
#include <netaio/tcp_server.hpp>
#include <netaio/timer.hpp>
#include <netaio/udp_node.hpp>
#include <netaio/wait.hpp>
#include <netaio/x25519_cipher.hpp>
