// Evaluates a Terraform module without its providers: hcl FOLDER < values.json prints each resource that would be made,
// with its arguments, as JSON. Language, types and values are those of the libraries that Terraform and OpenTofu are
// built on; of their functions it knows those that the module uses, and an unknown one is an error.
package main

import (
	"encoding/json"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"sort"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclparse"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	ctyjson "github.com/zclconf/go-cty/cty/json"
)

func main() {
	log.SetFlags(0)
	module := read(os.Args[1])
	module.takeVariables(given())
	made := module.resources()
	if err := json.NewEncoder(os.Stdout).Encode(made); err != nil {
		log.Fatal(err)
	}
}

// Module is what the files of a folder declare.
type Module struct {
	variables map[string]*hclsyntax.Block
	locals    map[string]*hclsyntax.Attribute
	declared  map[string]*hclsyntax.Block // resources, by TYPE.NAME
	outputs   []*hclsyntax.Block
	values    map[string]map[string]cty.Value // var, local, path, and the types of resources, each by name
}

func read(folder string) *Module {
	module := &Module{
		variables: map[string]*hclsyntax.Block{},
		locals:    map[string]*hclsyntax.Attribute{},
		declared:  map[string]*hclsyntax.Block{},
		values: map[string]map[string]cty.Value{
			"var": {}, "local": {}, "path": {"module": cty.StringVal(folder)},
		},
	}
	files, err := filepath.Glob(filepath.Join(folder, "*.tf"))
	if err != nil || len(files) == 0 {
		log.Fatalf("%s is no module", folder)
	}
	parser := hclparse.NewParser()
	for _, file := range files {
		parsed, found := parser.ParseHCLFile(file)
		refuse(found)
		for _, block := range parsed.Body.(*hclsyntax.Body).Blocks {
			module.declare(block)
		}
	}
	return module
}

func (m *Module) declare(block *hclsyntax.Block) {
	switch block.Type {
	case "variable":
		m.variables[block.Labels[0]] = block
	case "locals":
		for name, attribute := range block.Body.Attributes {
			m.locals[name] = attribute
		}
	case "resource":
		m.declared[block.Labels[0]+"."+block.Labels[1]] = block
	case "output":
		m.outputs = append(m.outputs, block)
	case "terraform":
	default:
		log.Fatalf("%s: a block of type %s is not known here", block.TypeRange, block.Type)
	}
}

func given() map[string]json.RawMessage {
	values := map[string]json.RawMessage{}
	if err := json.NewDecoder(os.Stdin).Decode(&values); err != nil {
		log.Fatal(err)
	}
	return values
}

func fromJSON(text json.RawMessage) cty.Value {
	kind, err := ctyjson.ImpliedType(text)
	if err != nil {
		log.Fatal(err)
	}
	value, err := ctyjson.Unmarshal(text, kind)
	if err != nil {
		log.Fatal(err)
	}
	return value
}

// Made is one resource, or one instance of it.
type Made struct {
	Type   string          `json:"type"`
	Name   string          `json:"name"`
	Values json.RawMessage `json:"values"`
}

func (m *Module) resources() []Made {
	made := []Made{}
	for _, address := range sorted(m.declared) {
		block := m.declared[address]
		for _, instance := range m.instances(block) {
			text, err := ctyjson.Marshal(instance, instance.Type())
			if err != nil {
				log.Fatal(err)
			}
			made = append(made, Made{block.Labels[0], block.Labels[1], text})
		}
	}
	for _, output := range m.outputs {
		m.evaluate(output.Body.Attributes["value"].Expr, nil)
	}
	return made
}

func (m *Module) instances(block *hclsyntax.Block) []cty.Value {
	value := m.resolve(block.Labels[0], block.Labels[1])
	if block.Body.Attributes["for_each"] == nil && block.Body.Attributes["count"] == nil {
		return []cty.Value{value}
	}
	instances := []cty.Value{}
	for it := value.ElementIterator(); it.Next(); {
		_, instance := it.Element()
		instances = append(instances, instance)
	}
	return instances
}

func sorted[V any](values map[string]V) []string {
	names := []string{}
	for name := range values {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}

func refuse(found hcl.Diagnostics) {
	if found.HasErrors() {
		log.Fatal(found.Error())
	}
}

func refuseUnless(condition cty.Value, message cty.Value, where hcl.Range) {
	if condition.False() {
		log.Fatal(fmt.Sprintf("%s: %s", where, message.AsString()))
	}
}
