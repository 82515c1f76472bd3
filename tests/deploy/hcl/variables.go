package main

import (
	"encoding/json"
	"log"

	"github.com/hashicorp/hcl/v2/ext/typeexpr"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
)

// takeVariables gives each variable its value, in its type, and refuses what its validations refuse.
func (m *Module) takeVariables(given map[string]json.RawMessage) {
	for name := range given {
		if m.variables[name] == nil {
			log.Fatalf("there is no variable %s", name)
		}
	}
	for _, name := range sorted(m.variables) {
		block := m.variables[name]
		text, told := given[name]
		value := m.default_(name, block)
		if told {
			value = fromJSON(text)
		}
		m.values["var"][name] = typed(name, block, value)
	}
	for _, name := range sorted(m.variables) {
		for _, inner := range m.variables[name].Body.Blocks {
			m.check(inner)
		}
	}
}

func (m *Module) default_(name string, block *hclsyntax.Block) cty.Value {
	attribute := block.Body.Attributes["default"]
	if attribute == nil {
		return cty.NilVal
	}
	return m.evaluate(attribute.Expr, nil)
}

func typed(name string, block *hclsyntax.Block, value cty.Value) cty.Value {
	if value == cty.NilVal {
		log.Fatalf("the variable %s is required", name)
	}
	kind, defaults, found := typeexpr.TypeConstraintWithDefaults(block.Body.Attributes["type"].Expr)
	refuse(found)
	if defaults != nil && !value.IsNull() {
		value = defaults.Apply(value)
	}
	value, err := convert.Convert(value, kind)
	if err != nil {
		log.Fatalf("the variable %s is of another type: %s", name, err)
	}
	return value
}

// check is for the blocks `validation` and `precondition`.
func (m *Module) check(block *hclsyntax.Block) {
	attributes := block.Body.Attributes
	condition := m.evaluate(attributes["condition"].Expr, nil)
	refuseUnless(condition, m.evaluate(attributes["error_message"].Expr, nil), block.TypeRange)
}
