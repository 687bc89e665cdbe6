"""A server on the reference with one handler, for all requests or for one uri alone. Ends with its
standard input."""

import asyncio
import sys

from netaio import MessageType, TCPServer
from reference_node import arguments, make, node_plugins, report

parser = arguments(__doc__)
parser.add_argument("--one-uri", action="store_true")
options = parser.parse_args()
server = TCPServer(port=0, interface="127.0.0.1", **node_plugins(options, "bits"))
key = (MessageType.REQUEST_URI, b"greeting") if options.one_uri else MessageType.REQUEST_URI


@server.on(key)
def greet(message, writer):
    return make(MessageType.RESPOND_URI, message.body.uri, b"hello")


async def main():
    listener = await asyncio.start_server(
        lambda reader, writer: server.handle_client(reader, writer), "127.0.0.1", 0
    )
    report(event="listening", port=listener.sockets[0].getsockname()[1])
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


asyncio.run(main())
