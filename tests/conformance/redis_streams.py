# SPDX-License-Identifier: Apache-2.0
"""Redis for replay.py: commands over RESP, one socket a connection of the vector. Every vector begins with empty data; times
that matter are waits of the vector, so commands follow one another almost at once."""
import socket
import time

NAME = "redis-streams"
PACKAGE = "redis-server"
PROGRAM = "redis-server"
FOLDERS = ("redis/recorded", "redis/own")


def start(folder, port):
    return [PROGRAM, "--port", str(port), "--bind", "127.0.0.1", "--dir", folder, "--save", "", "--appendonly", "no"]


class Connection:
    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), 20)
        self.file = self.socket.makefile("rb")

    def send(self, arguments):
        data = [str(a).encode() for a in arguments]
        self.socket.sendall(b"*%d\r\n" % len(data) + b"".join(b"$%d\r\n%s\r\n" % (len(d), d) for d in data))

    def read(self):
        line = self.file.readline()[:-2]
        kind, rest = line[:1], line[1:].decode()
        if kind == b"-":
            return "(error) " + rest
        if kind == b":":
            return int(rest)
        if kind == b"$":
            return None if int(rest) < 0 else self.file.read(int(rest) + 2)[:-2].decode()
        if kind == b"*":
            return None if int(rest) < 0 else [self.read() for _ in range(int(rest))]
        return rest

    def close(self):
        self.file.close()
        self.socket.close()


class Session:
    def __init__(self, port):
        self.port = port
        self.connections = {}
        self.ops = {"command": self.command, "command.blocking": self.blocking, "reply": self.reply, "connection.kill": self.kill, "wait": self.wait}
        first = self.connection("main")
        first.send(["FLUSHALL"])
        first.read()

    def connection(self, name):
        if name not in self.connections:
            self.connections[name] = Connection(self.port)
        return self.connections[name]

    def play(self, step):
        return self.ops[step["op"]](step)

    def command(self, step):
        self.connection(step["conn"]).send(step["args"])
        out = [{"conn": step["conn"], "reply": self.connection(step["conn"]).read()}]
        time.sleep(0.004)
        return out

    def blocking(self, step):
        self.connection(step["conn"]).send(step["args"])
        time.sleep(0.06)
        return []

    def reply(self, step):
        return [{"conn": step["conn"], "reply": self.connection(step["conn"]).read()}]

    def kill(self, step):
        self.connections.pop(step["conn"]).close()
        time.sleep(0.06)
        return []

    def wait(self, step):
        time.sleep(step["ms"] / 1000)
        return []

    def close(self):
        for connection in self.connections.values():
            connection.close()
