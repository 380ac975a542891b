"""Small services in a host's namespace: HTTP with metrics behind a token. Arguments: ADDRESS PORT TOKEN."""
import http.server
import sys

address, port, token = sys.argv[1], int(sys.argv[2]), sys.argv[3]
metrics = 'other_metric 1\nfine_up{name="a b"} 1\nfine_up_more 5\nfine_lag_seconds 2.5\n'


class Service(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == '/metrics' and self.headers.get('Authorization') != f'Bearer {token}':
            code, body = 401, 'no'
        elif self.path == '/metrics':
            code, body = 200, metrics
        elif self.path == '/health':
            code, body = 200, '{"installed":true}\u001b[31m red\n'
        else:
            code, body = 503, 'not ready'
        self.send_response(code)
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_):
        pass


http.server.ThreadingHTTPServer((address, port), Service).serve_forever()
