package penstock.lib.secrets_test

import data.penstock.lib.secrets

test_secret_name[name] if {
	some name in [
		"PASSWORD", "DB_PASSWORD", "dbPassword", "spring.datasource.password", "mysql-root-password", "PASSWD",
		"SMTP_PASS", "DB_PWD", "API_KEY", "apikey", "api-key", "AWS_SECRET_ACCESS_KEY", "AZURE_STORAGE_KEY",
		"JWT_SECRET", "CLIENT_SECRET", "GITHUB_TOKEN", "accessToken", "ENCRYPTION_KEY", "SECRET_KEY", "PRIVATE_KEY",
		"userPassword", "admin_password", "DB_USER_PASSWORD", "minioSecretKey", "ISSUER_SECRET", "PASSPHRASE",
		"REGISTRY_CREDENTIALS", "hmacSigningKey",
	]
	secrets.secret_name(name)
}

test_plain_name[name] if {
	some name in [
		"USER", "PASSWORD_FILE", "TOKEN_PATH", "SECRET_NAME", "TOKEN_URL", "PUBLIC_KEY", "SORT_KEY", "KEY", "PWD",
		"OLDPWD", "BYPASS", "MAX_TOKENS", "LLM_MAX_TOKENS", "maxTokens", "ENABLE_TOKEN", "REQUIRE_PASSWORD",
		"PASSWORD_MIN_LENGTH", "TOKEN_TTL", "AWS_ACCESS_KEY_ID", "KEYBOARD", "SECRETARIAT", "",
	]
	not secrets.secret_name(name)
}

test_secret_value[note] if {
	some note, value in {
		"word": "hunter2", "digits": "12345", "number": 12345, "spaces": " a ", "base64": "aGVsbG8=",
		"starts with a slash": "/9j/4AAQSkZJRg==", "dollar within": "pa$$word", "partly a reference": "x$(A)",
	}
	secrets.secret_value(value)
}

test_plain_value[note] if {
	some note, value in {
		"empty": "", "blank": "  ", "true": "true", "False": "False", "none": "none", "boolean": true, "null": null,
		"reference": "$(OTHER)", "substitution": "${OTHER}", "path": "/etc/keys/private.pem",
		"url of a file": "file:///run/secrets/x", "object": {}, "list": ["x"],
	}
	not secrets.secret_value(value)
}

test_revealing[note] if {
	some note, value in {
		"url": "postgres://app:hunter2@db/app", "no user": "redis://:hunter2@cache:6379", "spaces": "\n amqp://a:b@c",
		"upper case": "HTTPS://a:b@c", "dollar within": "mysql://a:b$c@d",
		"rsa": "-----BEGIN RSA PRIVATE KEY-----", "pkcs8": "text\n-----BEGIN PRIVATE KEY-----\n",
		"encrypted": "-----BEGIN ENCRYPTED PRIVATE KEY-----",
	}
	secrets.revealing(value)
}

test_not_revealing[note] if {
	some note, value in {
		"url": "postgres://db:5432/app", "user only": "ssh://git@example.com/x", "reference": "postgres://app:$(PW)@db",
		"substitution": "postgres://app:${PW}@db", "placeholder": "postgres://app:<password>@db",
		"public key": "-----BEGIN PUBLIC KEY-----", "port and path": "http://a:80/b@c", "number": 1, "null": null, "empty": "",
		"text about one": "see postgres://app:hunter2@db",
	}
	not secrets.revealing(value)
}
