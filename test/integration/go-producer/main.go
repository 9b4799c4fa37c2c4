// Command go-producer prints the events of a Go service of the ERP, as encoding/json writes its structs: a line each,
// the topic and the value. The structs are what the contract's "JSON" says, each service with habits of its own.
// With the argument `stdin` it prints the events that it is given there, in lines of the same kind, as its structs.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
)

type notificationRequest struct {
	EventID       string         `json:"eventId"`
	EventType     string         `json:"eventType"`
	Timestamp     int64          `json:"timestamp"`
	UserID        int64          `json:"userId"`
	UserIDs       []int64        `json:"userIds"`
	TenantID      int64          `json:"tenantId"`
	Title         string         `json:"title"`
	Message       string         `json:"message"`
	Type          string         `json:"type"`
	Category      string         `json:"category"`
	Priority      string         `json:"priority"`
	SourceService string         `json:"sourceService"`
	SourceEventID string         `json:"sourceEventId"`
	ActionURL     string         `json:"actionUrl"`
	EntityType    string         `json:"entityType,omitempty"`
	EntityID      int64          `json:"entityId"`
	Channels      []string       `json:"channels"`
	ExpiresAt     *int64         `json:"expiresAt"`
	Metadata      map[string]any `json:"metadata"`
	TemplateCode  *string        `json:"templateCode,omitempty"`
	TemplateVars  map[string]any `json:"templateVars,omitempty"`
}

type taskEvent struct {
	EventID    string `json:"eventId"`
	EventType  string `json:"eventType"`
	Timestamp  int64  `json:"timestamp"`
	TaskID     int64  `json:"taskId"`
	TaskTitle  string `json:"taskTitle"`
	UserID     int64  `json:"userId,string"`
	AssignedTo int64  `json:"assignedTo"`
	AssignedBy int64  `json:"assignedBy"`
	TenantID   int64  `json:"tenantId"`
	Priority   string `json:"priority"`
	DeadlineMs *int64 `json:"deadlineMs,omitempty"`
	Revision   uint64 `json:"revision"`
}

type crmEvent struct {
	EventID    string         `json:"eventId"`
	EventType  string         `json:"eventType"`
	Timestamp  int64          `json:"timestamp"`
	EntityType string         `json:"entityType"`
	EntityID   int64          `json:"entityId"`
	EntityName string         `json:"entityName"`
	UserID     int64          `json:"userId"`
	AssignedTo int64          `json:"assignedTo"`
	TenantID   int64          `json:"tenantId"`
	Value      *float64       `json:"value"`
	Stage      string         `json:"stage,omitempty"`
	Metadata   map[string]any `json:"metadata"`
}

type salesEvent struct {
	EventID      string            `json:"eventId"`
	EventType    string            `json:"eventType"`
	Timestamp    int64             `json:"timestamp"`
	OrderID      int64             `json:"orderId"`
	CustomerID   int64             `json:"customerId"`
	CustomerName string            `json:"customerName,omitempty"`
	UserID       int64             `json:"userId"`
	AssignedTo   int64             `json:"assignedTo"`
	TenantID     int64             `json:"tenantId"`
	Amount       float64           `json:"amount"`
	Currency     *string           `json:"currency"`
	DueAt        *int64            `json:"dueAt"`
	Metadata     map[string]string `json:"metadata"`
}

type userEvent struct {
	EventID       string   `json:"eventId"`
	EventType     string   `json:"eventType"`
	Timestamp     int64    `json:"timestamp"`
	UserID        int64    `json:"userId"`
	TenantID      int64    `json:"tenantId"`
	Email         *string  `json:"email"`
	FullName      string   `json:"fullName"`
	Locale        *string  `json:"locale,omitempty"`
	TimeZone      *string  `json:"timeZone,omitempty"`
	DeviceTokens  []string `json:"deviceTokens"`
	MutedChannels []string `json:"mutedChannels,omitempty"`
}

const at = 1760000000000

func pointer[T any](value T) *T { return &value }

var out = bufio.NewWriter(os.Stdout)

func orExit(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func emit(topic string, event any) {
	value, err := json.Marshal(event)
	orExit(err)
	fmt.Fprintf(out, "%s\t%s\n", topic, value)
}

func emitGiven(topic string, value []byte) {
	events := map[string]any{
		"NOTIFICATION_REQUEST_TOPIC": &notificationRequest{}, "TASK_EVENT_TOPIC": &taskEvent{}, "CRM_EVENT_TOPIC": &crmEvent{},
		"SALES_EVENT_TOPIC": &salesEvent{}, "USER_EVENT_TOPIC": &userEvent{},
	}
	orExit(json.Unmarshal(value, events[topic]))
	emit(topic, events[topic])
}

func main() {
	if len(os.Args) > 1 && os.Args[1] == "stdin" {
		given, err := io.ReadAll(os.Stdin)
		orExit(err)
		for line := range bytes.Lines(given) {
			topic, value, _ := bytes.Cut(line, []byte("\t"))
			emitGiven(string(topic), value)
		}
	} else {
		emitExamples()
	}
	orExit(out.Flush())
}

func emitExamples() {
	emit("NOTIFICATION_REQUEST_TOPIC", notificationRequest{
		EventID: "go-1", EventType: "CREATE_NOTIFICATION", Timestamp: at, UserID: math.MaxInt64,
		UserIDs: []int64{1, math.MinInt64}, TenantID: 1, Title: "<Hello> & \"you\"", Message: "Zeile 1\nZeile 2 🎉\u2028", Type: "INFO",
		Category: "SYSTEM", Priority: "HIGH", SourceService: "erp", ActionURL: "https://erp.example/?a=1&b=2",
		EntityID: 9007199254740993, Channels: []string{"EMAIL"}, ExpiresAt: pointer(int64(at + 1)),
		Metadata: map[string]any{
			"text": "a", "int": int64(math.MaxInt64), "float": 0.1, "huge": 1e21, "yes": true, "none": nil,
			"list": []any{1, "b", nil}, "raw": json.Number("12.50"), "__proto__": map[string]any{"b": 2, "a": 1.5},
		},
		TemplateCode: pointer("WELCOME"), TemplateVars: map[string]any{"count": 3},
	})
	// Zero values: a nil slice and a nil map are null.
	emit("NOTIFICATION_REQUEST_TOPIC", notificationRequest{EventID: "go-2", Timestamp: at})
	emit("TASK_EVENT_TOPIC", taskEvent{
		EventID: "go-3", EventType: "TASK_ASSIGNED", Timestamp: at, TaskID: math.MinInt64, TaskTitle: "Write it",
		UserID: math.MaxInt64, AssignedTo: 7, AssignedBy: 4, TenantID: 1, Priority: "LOW", Revision: math.MaxUint64,
	})
	emit("CRM_EVENT_TOPIC", crmEvent{
		EventID: "go-4", EventType: "DEAL_WON", Timestamp: at, EntityType: "opportunity", EntityID: 5, EntityName: "Acme",
		UserID: 3, AssignedTo: 7, TenantID: 1, Value: pointer(12500.5), Metadata: map[string]any{"score": 1e-7},
	})
	emit("SALES_EVENT_TOPIC", salesEvent{
		EventID: "go-5", EventType: "PAYMENT_DUE", Timestamp: at, OrderID: 8, CustomerID: 9, UserID: 3, AssignedTo: 7,
		TenantID: 1, Currency: pointer("EUR"), DueAt: pointer(int64(at)), Metadata: map[string]string{"k": "v"},
	})
	emit("USER_EVENT_TOPIC", userEvent{
		EventID: "go-6", EventType: "USER_CREATED", Timestamp: at, UserID: 7, TenantID: 1, Email: pointer("ada@example.org"),
		DeviceTokens: []string{"a"},
	})
}
