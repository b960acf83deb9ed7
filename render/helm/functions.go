package helm

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"text/template"
	"time"

	"github.com/Masterminds/sprig/v3"

	// Templates name time zones; without their data on the machine sprig would
	// silently take UTC, and so render something else there.
	_ "time/tzdata"
)

// enterFunction is called by every template before anything else; see mark.
const enterFunction = "penstockEnter"

// maxRandom bounds the length of a random text, in bytes: a template may ask
// for any.
const maxRandom = 1 << 20

// epoch is the time of a render that is given none. Any constant does, as long
// as it never changes.
func epoch() time.Time { return time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC) }

// seeded makes what charts take at random, and tells them the time. A value
// depends on the release, the template that asks, the function, its arguments,
// and how often that template asked for the same before. So it is the same in
// every render of the same input, whatever the order of maps or the number of
// processors, and a change of one template leaves the values of the others.
// The directory of the chart has no part in it: a chart that moves, or whose
// directory bears its version, renders the same.
//
// Values have the form of the real ones but are placeholders. They are no
// secrets: everybody can make them. The cluster gets others, which Helm makes
// at install time.
type seeded struct {
	release  string
	now      time.Time
	template string
	calls    map[string]int
}

func newSeeded(opts Options) *seeded {
	now := opts.Now
	if now.IsZero() {
		now = epoch()
	}
	return &seeded{release: opts.Namespace + "/" + opts.ReleaseName, now: now.UTC(), calls: map[string]int{}}
}

// enter notes which template is rendered. A template that another one includes
// by its path, such as for a checksum, makes the same values there.
func (s *seeded) enter(name string) string {
	s.template = name
	clear(s.calls)
	return ""
}

// source is a stream of bytes of its own for every call.
func (s *seeded) source(parts ...any) *rand.ChaCha8 {
	call := fmt.Sprintf("%q", parts)
	s.calls[call]++
	h := sha256.New()
	fmt.Fprintf(h, "penstock placeholder %q %q %d %s", s.release, s.template, s.calls[call], call)
	return rand.NewChaCha8([32]byte(h.Sum(nil)))
}

const (
	letters  = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	digits   = "0123456789"
	alphaNum = letters + digits
)

// functions replaces those functions of Helm's engine that are random, depend
// on the time or the place of the machine, or have the order of a map
// (https://masterminds.github.io/sprig/). derivePassword is deterministic;
// lookup and getHostByName find nothing without a cluster and DNS; env and
// expandenv do not exist in Helm.
func (s *seeded) functions() template.FuncMap {
	ascii := make([]byte, 0, 95)
	for c := byte(' '); c <= '~'; c++ {
		ascii = append(ascii, c)
	}
	random := func(name, alphabet string) func(int) (string, error) {
		return func(n int) (string, error) { return s.text(name, alphabet, n) }
	}
	return template.FuncMap{
		enterFunction: s.enter,

		"now":            func() time.Time { return s.now },
		"ago":            s.ago,
		"date":           func(layout string, date any) string { return s.date(layout, date, "UTC") },
		"date_in_zone":   s.date,
		"dateInZone":     s.date,
		"htmlDate":       func(date any) string { return s.date(time.DateOnly, date, "UTC") },
		"htmlDateInZone": func(date any, zone string) string { return s.date(time.DateOnly, date, zone) },
		"durationRound":  s.durationRound(),
		"toDate":         func(layout, text string) time.Time { t, _ := time.ParseInLocation(layout, text, time.UTC); return t },
		"mustToDate":     func(layout, text string) (time.Time, error) { return time.ParseInLocation(layout, text, time.UTC) },

		"keys":   keys,
		"values": values,

		"randAlphaNum": random("randAlphaNum", alphaNum),
		"randAlpha":    random("randAlpha", letters),
		"randNumeric":  random("randNumeric", digits),
		"randAscii":    random("randAscii", string(ascii)),
		"randBytes":    s.randBytes,
		"randInt":      s.randInt,
		"uuidv4":       s.uuid,
		"shuffle":      s.shuffle,
		"bcrypt":       s.bcrypt,
		"htpasswd":     s.htpasswd,
		"encryptAES":   s.encryptAES,

		"genPrivateKey":            s.privateKey,
		"genCA":                    s.ca,
		"genCAWithKey":             s.caWithKey,
		"genSelfSignedCert":        s.selfSigned,
		"genSelfSignedCertWithKey": s.selfSignedWithKey,
		"genSignedCert":            s.signed,
		"genSignedCertWithKey":     s.signedWithKey,
		"buildCustomCert":          customCertificate,
	}
}

// moment is the time that sprig takes a date for; what it does not know is now.
func (s *seeded) moment(date any) time.Time {
	switch date := date.(type) {
	case time.Time:
		return date
	case *time.Time:
		return *date
	case int64:
		return time.Unix(date, 0)
	case int:
		return time.Unix(int64(date), 0)
	case int32:
		return time.Unix(int64(date), 0)
	}
	return s.now
}

// date formats a date in a zone; the local zone of every machine is UTC.
func (s *seeded) date(layout string, date any, zone string) string {
	location, err := time.LoadLocation(zone)
	if err != nil || location == time.Local {
		location = time.UTC
	}
	return s.moment(date).In(location).Format(layout)
}

func (s *seeded) ago(date any) string {
	return s.now.Sub(s.moment(date)).Round(time.Second).String()
}

func (s *seeded) durationRound() func(any) string {
	round, ok := sprig.TxtFuncMap()["durationRound"].(func(any) string)
	return func(duration any) string {
		if t, isTime := duration.(time.Time); isTime {
			duration = int64(s.now.Sub(t))
		}
		if !ok {
			return fmt.Sprint(duration)
		}
		return round(duration)
	}
}

func keys(dicts ...map[string]any) []string {
	out := []string{}
	for _, dict := range dicts {
		out = append(out, slices.Sorted(maps.Keys(dict))...)
	}
	return out
}

func values(dict map[string]any) []any {
	out := []any{}
	for _, key := range slices.Sorted(maps.Keys(dict)) {
		out = append(out, dict[key])
	}
	return out
}

func (s *seeded) text(name, alphabet string, n int) (string, error) {
	if n > maxRandom {
		return "", fmt.Errorf("%s %d: more than %d characters are not made", name, n, maxRandom)
	}
	r := rand.New(s.source(name, n))
	out := make([]byte, max(n, 0))
	for i := range out {
		out[i] = alphabet[r.IntN(len(alphabet))]
	}
	return string(out), nil
}

func (s *seeded) randBytes(n int) (string, error) {
	if n < 0 || n > maxRandom {
		return "", fmt.Errorf("randBytes %d: 0 to %d bytes are made", n, maxRandom)
	}
	buf := make([]byte, n)
	_, _ = s.source("randBytes", n).Read(buf) // never fails
	return base64.StdEncoding.EncodeToString(buf), nil
}

func (s *seeded) randInt(low, high int) (int, error) {
	if high <= low {
		return 0, fmt.Errorf("randInt %d %d: the second number must be greater", low, high)
	}
	return low + rand.New(s.source("randInt", low, high)).IntN(high-low), nil
}

func (s *seeded) uuid() string {
	var b [16]byte
	_, _ = s.source("uuidv4").Read(b[:]) // never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

func (s *seeded) shuffle(text string) string {
	runes := []rune(text)
	rand.New(s.source("shuffle", text)).Shuffle(len(runes), func(i, j int) { runes[i], runes[j] = runes[j], runes[i] })
	return string(runes)
}

// maxBcrypt is the length in bytes of the longest password that bcrypt takes.
const maxBcrypt = 72

// bcrypt gives text of the form of a bcrypt hash with the default cost; it is
// the hash of no password.
func (s *seeded) bcrypt(password string) string {
	if len(password) > maxBcrypt {
		return "failed to encrypt string with bcrypt: bcrypt: password length exceeds 72 bytes"
	}
	hash, err := s.text("bcrypt "+password, "./"+alphaNum, 53)
	if err != nil {
		return "failed to encrypt string with bcrypt: " + err.Error()
	}
	return "$2a$10$" + hash
}

func (s *seeded) htpasswd(user, password string) string {
	if strings.Contains(user, ":") {
		return "invalid username: " + user
	}
	return user + ":" + s.bcrypt(password)
}

// encryptAES is what decryptAES of sprig reads: AES-256 in CBC mode, with the
// password as the key.
func (s *seeded) encryptAES(password, plain string) (string, error) {
	if plain == "" {
		return "", nil
	}
	key := make([]byte, 32)
	copy(key, password)
	block, err := aes.NewCipher(key)
	if err != nil {
		return "", err
	}
	pad := aes.BlockSize - len(plain)%aes.BlockSize
	data := append([]byte(plain), slices.Repeat([]byte{byte(pad)}, pad)...)
	out := make([]byte, aes.BlockSize+len(data))
	_, _ = s.source("encryptAES", password, plain).Read(out[:aes.BlockSize]) // never fails
	cipher.NewCBCEncrypter(block, out[:aes.BlockSize]).CryptBlocks(out[aes.BlockSize:], data)
	return base64.StdEncoding.EncodeToString(out), nil
}
