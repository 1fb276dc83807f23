"""What the benches of the web server share: a world with open payments, servers, clients."""
