"""The payment methods: what each demands, what each answers."""
