#!/usr/bin/python3
"""A service of one thread that sleeps 40 ms for each request: at 40/s there is a line in front.

    sleepy_service.py PORT
"""
import http.server
import sys
import time


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        time.sleep(0.04)
        self.send_response(200)
        self.send_header("Content-Length", "3")
        self.end_headers()
        self.wfile.write(b"ok\n")

    def log_message(self, *args):
        pass


class Server(http.server.HTTPServer):
    request_queue_size = 512  # the line is at the door


if __name__ == "__main__":
    Server(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
